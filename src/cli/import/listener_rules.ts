import { type Directive, refuse } from "./directives.ts";
import { type Draft, ListenerDraft } from "./draft.ts";
import { readBoolean, readInteger, readText } from "./values.ts";

/** Takes over one setting. */
export type Rule = (directive: Directive, draft: Draft) => void;

/** What belongs to a listener, by its name in mosquitto.conf. */
export const LISTENER_RULES: Readonly<Record<string, Rule>> = {
  bind_address: onListener(({ value }, draft) => {
    draft.listener.host = value;
  }),
  port: onListener((directive, draft) => {
    draft.defaultListener.port = readPort(directive);
  }),
  socket_domain: onListener((directive, draft) => {
    draft.listener.isIpv6 = directive.value === "ipv6";
  }),
  protocol: onListener((directive, draft) => {
    const { value } = directive;
    if (value === "mqttsn") {
      draft.noteListener({ directive, reason: "there is no MQTT-SN" });
    } else if (value === "websockets") draft.listener.isWebSocket = true;
    else if (value !== "mqtt") refuse(directive, "mqtt or websockets");
  }),
  certfile: onListener((directive, draft) => {
    draft.listener.certificate = readText(directive);
  }),
  keyfile: onListener((directive, draft) => {
    draft.listener.privateKey = readText(directive);
  }),
  cafile: onListener((directive, draft) => {
    draft.listener.clientCa = directive;
  }),
  crlfile: onListener((directive, draft) => {
    draft.listener.revocationList = directive;
  }),
  require_certificate: onListener((directive, draft) => {
    draft.listener.requiresCertificate = readBoolean(directive);
  }),
  use_identity_as_username: onListener((directive, draft) => {
    draft.listener.usesIdentity = readBoolean(directive);
  }),
  enable_proxy_protocol: onListener((directive, draft) => {
    draft.listener.usesProxyProtocol = readInteger(directive) > 0;
  }),
  max_connections: onListener((directive, draft) => {
    const count = readInteger(directive, -1);
    draft.listener.maximumConnections = count > 0 ? count : null;
  }),
  max_qos: limit("max_qos"),
  max_topic_alias: limit("topic_alias_maximum"),
  capath: missing("put the authorities into one file: client_ca"),
  use_subject_as_username: unless(
    "false",
    "the common name alone can be the user name: use_identity_as_user_name",
  ),
  use_username_as_clientid: unless("false", "clients name themselves"),
  clientid_prefixes: missing("an ACL can tell clients apart: pattern with %c"),
  mount_point: missing("publishers have to name the whole topic"),
  bind_interface: missing("name the address of the interface: address"),
  http_dir: missing("a web server in front can serve files"),
  http_api: missing("see the section admin"),
  auto_id_prefix: missing("assigned identifiers begin with auto-"),
  listener_auto_id_prefix: missing("assigned identifiers begin with auto-"),
  tls_version: missing("TLS 1.2 and 1.3 are spoken"),
  ciphers: missing("the list cannot be changed, all of it is safe"),
  "ciphers_tls1.3": missing("the list cannot be changed, all of it is safe"),
  dhparamfile: missing("nothing needs it"),
  psk_hint: missing("there is no TLS-PSK, use certificates"),
  psk_file: missing("there is no TLS-PSK, use certificates"),
  use_identity_as_psk: missing("there is no TLS-PSK, use certificates"),
  tls_engine: missing("keys are read from PEM files"),
  tls_engine_kpass_sha1: missing("keys are read from PEM files"),
  tls_keyform: unless("pem", "keys are read from PEM files"),
};

/** `listener PORT [ADDRESS]`, or `listener 0 PATH`. */
export function openListener(directive: Directive, draft: Draft): void {
  const [portText, ...rest] = directive.value.split(/\s+/);
  const port = readPort({ ...directive, value: portText });
  const where = rest.join(" ") || null;
  draft.listeners.push(new ListenerDraft(port, where));
  if (port === 0) {
    if (where === null) refuse(directive, "a path behind port 0");
    draft.listener.unixPath = where;
  }
}

function readPort(directive: Directive): number {
  const port = readInteger(directive);
  return port <= 65_535 ? port : refuse(directive, "a port up to 65535");
}

/** Without a `listener` before it, it makes the default one. */
function onListener(rule: Rule): Rule {
  return (directive, draft) => {
    if (draft.listeners.length === 0) draft.isDefaultUsed = true;
    rule(directive, draft);
  };
}

function limit(key: string): Rule {
  return onListener((directive, draft) => {
    draft.listener.limits.set(key, readInteger(directive));
  });
}

function missing(reason: string): Rule {
  return onListener((directive, draft) =>
    draft.noteListener({ directive, reason })
  );
}

/** Has no equivalent but with the value that changes nothing. */
function unless(value: string, reason: string): Rule {
  return (directive, draft) => {
    if (directive.value !== value) missing(reason)(directive, draft);
  };
}
