import type { Draft, ListenerDraft, Note } from "./draft.ts";

const SECTIONS = ["auth", "limits", "persistence", "log"] as const;

/** Writes the configuration; comments name what has no equivalent. */
export function writeYaml(draft: Draft, file: string): string {
  const lines = [
    `# From ${file}. A comment "line N" names what has no equivalent.`,
    "listeners:",
    ...draft.listeners.flatMap(writeListener),
  ];
  for (const section of SECTIONS) {
    const keys = draft.sections.get(section);
    const notes = draft.notes.get(section) ?? [];
    if (keys === undefined && notes.length === 0) continue;
    lines.push("");
    if (keys !== undefined) {
      lines.push(`${section}:`);
      for (const [key, value] of keys) lines.push(`  ${key}: ${quote(value)}`);
    }
    if (section === "persistence") {
      lines.push(`  # what ${draft.persistenceFile} holds is not taken over`);
    }
    const indent = keys === undefined ? "" : "  ";
    lines.push(...inOrder(notes).map((note) => indent + writeNote(note)));
  }
  if (draft.systemIntervalSeconds !== null) {
    lines.push("", `sys_interval: ${draft.systemIntervalSeconds}`);
  }
  const rest = [
    ...draft.notes.get("bridges") ?? [],
    ...draft.notes.get("") ?? [],
  ];
  if (rest.length > 0) lines.push("", ...rest.map(writeNote));
  return lines.join("\n");
}

/** Every setting that has no equivalent, in the order of the comments. */
export function allNotes(draft: Draft): Note[] {
  return [
    ...draft.listeners.flatMap(({ notes }) => inOrder(notes)),
    ...[...SECTIONS, "bridges" as const, "" as const]
      .flatMap((section) => inOrder(draft.notes.get(section) ?? [])),
  ];
}

function writeListener(listener: ListenerDraft): string[] {
  const { certificate, privateKey, isWebSocket, unixPath } = listener;
  const isTls = certificate !== null && privateKey !== null;
  const lines: string[] = [];
  const add = (key: string, value: string) =>
    lines.push(`${key}: ${quote(value)}`);
  if (unixPath !== null) {
    add("type", "unix");
    add("path", unixPath);
  } else {
    const plain = isWebSocket ? "ws" : "tcp";
    const encrypted = isWebSocket ? "wss" : "tls";
    add("type", isTls ? encrypted : plain);
    add("address", addressOf(listener));
    if (isWebSocket) lines.push("path: /mqtt # Mosquitto takes any path");
  }
  if (isTls) {
    add("certificate", certificate);
    add("private_key", privateKey);
  }
  if (isTls && listener.requiresCertificate) {
    add("client_auth", "require");
    if (listener.clientCa !== null) add("client_ca", listener.clientCa.value);
    if (listener.revocationList !== null) {
      add("client_crl", listener.revocationList.value);
    }
    if (listener.usesIdentity) add("use_identity_as_user_name", "true");
  }
  if (listener.maximumConnections !== null) {
    add("max_connections", String(listener.maximumConnections));
  }
  if (listener.usesProxyProtocol) add("proxy_protocol", "true");
  if (listener.limits.size > 0) {
    lines.push("limits:");
    for (const [key, value] of listener.limits) {
      lines.push(`  ${key}: ${value}`);
    }
  }
  if (listener.links !== null) {
    const { authenticators, authorizers } = listener.links;
    lines.push(
      "auth:",
      `  authenticators: [${authenticators.join(", ")}]`,
      `  authorizers: [${authorizers.join(", ")}]`,
    );
  }
  lines.push(...inOrder(listener.notes).map(writeNote));
  return lines.map((line, index) => `${index === 0 ? "  - " : "    "}${line}`);
}

/** Without an address Mosquitto is there for everybody, without a port for this machine. */
function addressOf({ host, port, isIpv6 }: ListenerDraft): string {
  const anywhere = isIpv6 ? "::" : "0.0.0.0";
  const name = host ?? (port === null ? "127.0.0.1" : anywhere);
  return `${name.includes(":") ? `[${name}]` : name}:${port ?? 1883}`;
}

function inOrder(notes: readonly Note[]): Note[] {
  return notes.toSorted((a, b) => a.directive.line - b.directive.line);
}

function writeNote({ directive, reason }: Note): string {
  const { line, name, value } = directive;
  const secret = /password|psk|_opt_/.test(name) && !/_file$/.test(name);
  const shown = secret ? `${name} …` : `${name} ${value}`.trimEnd();
  return `# line ${line}: ${shown}: ${reason}`;
}

/** As YAML reads it back: as a number, as true or false, or as this text. */
function quote(value: string): string {
  const isPlain =
    /^(\d+[a-z]?|[A-Za-z./][\w./@-]*|\d+\.[\d.]+:\d+|[\w.-]+:\d+)$/
      .test(value);
  return isPlain ? value : JSON.stringify(value);
}
