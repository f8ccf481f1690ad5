/**
 * What can be configured of a listener, type by type.
 */
import type {
  ListenerOptions,
  NetworkListenerOptions,
  TlsEngine,
  TlsOptions,
  WebSocketOptions,
} from "../transport/mod.ts";
import { LISTENER_AUTH } from "./auth.ts";
import type {
  LinkNames,
  Listener,
  ListenerAuth,
  ListenerLimits,
  ListenerPolicy,
  OrDefault,
} from "./config.ts";
import { count, field, type Fields, type Variant } from "./entries.ts";
import { LISTENER_LIMITS } from "./limits.ts";
import {
  ADDRESS,
  type Address,
  BOOLEAN,
  FILE_MODE,
  oneOf,
  ORIGINS,
  PATH,
  PATH_OR_NONE,
  URL_PATH,
} from "./scalars.ts";

interface AddressKey {
  address: Address;
}

interface CommonKeys {
  maximumConnections: number;
  usesProxyProtocol: boolean;
  auth: OrDefault<LinkNames>;
  limits: OrDefault<Required<ListenerLimits>>;
}

interface TlsEngineKey {
  tlsEngine: TlsEngine;
}

interface AdminKey {
  servesAdmin: boolean;
}

interface UnixKeys {
  path: string;
  mode: number;
}

/** TLS of a listener that can do without. */
type OptionalTls = Omit<TlsOptions, "certificatePath" | "privateKeyPath"> & {
  certificatePath: string | null;
  privateKeyPath: string | null;
};

function addressKey(initial: string): Fields<AddressKey> {
  return {
    address: field("address", ADDRESS, {
      initial,
      summary: "0.0.0.0 is every IPv4 address of this machine, " +
        '"[::]:1883" (in quotes) every address, port 0 any free port',
    }),
  };
}

const COMMON: Fields<CommonKeys> = {
  maximumConnections: field("max_connections", count(10_000_000), {
    initial: 100_000,
    summary: "connections open at the same time through this listener",
  }),
  usesProxyProtocol: field("proxy_protocol", BOOLEAN, {
    initial: false,
    summary: "expect the client's address from a proxy in front, by the " +
      "PROXY protocol 1 or 2; only where nobody but the proxy can connect",
  }),
  auth: LISTENER_AUTH,
  limits: LISTENER_LIMITS,
};

const CLIENT_CERTIFICATES: Fields<
  Omit<TlsOptions, "certificatePath" | "privateKeyPath">
> = {
  clientAuthentication: field(
    "client_auth",
    oneOf("none", "request", "require"),
    {
      initial: "none",
      summary: "whether clients are asked for a certificate; with request " +
        "they may have none, but not one that is not valid",
      mosquittoName: "require_certificate",
    },
  ),
  clientCaPath: field("client_ca", PATH_OR_NONE, {
    initial: "none",
    summary: "certificates of the authorities whose clients are let in",
    mosquittoName: "cafile",
  }),
  revocationListPath: field("client_crl", PATH_OR_NONE, {
    initial: "none",
    summary: "the revocation lists of these authorities; one that is " +
      "missing or out of date lets nobody in",
    mosquittoName: "crlfile",
  }),
  usesIdentityAsUserName: field("use_identity_as_user_name", BOOLEAN, {
    initial: false,
    summary: "the common name in the client's certificate is the user name",
    mosquittoName: "use_identity_as_username",
  }),
};

const TLS: Fields<TlsOptions> = {
  certificatePath: field("certificate", PATH, {
    placeholder: "/etc/rqtt/server.pem",
    summary: "the server's certificate in PEM, followed by those between it " +
      "and a root; read again when it changes",
    mosquittoName: "certfile",
  }),
  privateKeyPath: field("private_key", PATH, {
    placeholder: "/etc/rqtt/server.key",
    summary: "the private key of the certificate in PEM, without passphrase",
    mosquittoName: "keyfile",
  }),
  ...CLIENT_CERTIFICATES,
};

const TLS_ENGINE: Fields<TlsEngineKey> = {
  tlsEngine: field("tls_engine", oneOf("node", "deno"), {
    initial: "node",
    summary: "deno moves several times as many bytes a second and holds less " +
      "memory, but a small packet may wait 40ms until the one before is " +
      "acknowledged, a client that stalls in its handshake is not dropped, " +
      "and connections are refused for a moment when the certificate changes",
  }),
};

const OPTIONAL_TLS: Fields<OptionalTls> = {
  certificatePath: field("certificate", PATH_OR_NONE, {
    initial: "none",
    summary: "the server's certificate; with none there is no TLS",
  }),
  privateKeyPath: field("private_key", PATH_OR_NONE, {
    initial: "none",
    summary: "the private key of the certificate",
  }),
  ...CLIENT_CERTIFICATES,
};

const WEB_SOCKET: Fields<WebSocketOptions> = {
  path: field("path", URL_PATH, {
    initial: "/mqtt",
    summary: "the path in the URL of the WebSocket",
  }),
  allowedOrigins: field("allowed_origins", ORIGINS, {
    initial: "any",
    summary: "web pages that may connect; programs that are no browsers " +
      "name no origin and are let in",
  }),
};

const ADMIN_KEY: Fields<AdminKey> = {
  servesAdmin: field("admin", BOOLEAN, {
    initial: false,
    summary: "also serve what the section admin describes",
  }),
};

const UNIX: Fields<UnixKeys> = {
  path: field("path", PATH, {
    placeholder: "/run/rqtt/mqtt.sock",
    summary: "the socket file",
  }),
  mode: field("mode", FILE_MODE, {
    initial: "0660",
    summary: "its permissions: who may write to it may connect",
  }),
};

function network(
  type: Exclude<ListenerOptions["type"], "unix">,
  { address, ...common }: AddressKey & CommonKeys,
  layers: Pick<
    NetworkListenerOptions,
    "tls" | "tlsEngine" | "webSocket" | "servesAdmin"
  >,
): Listener {
  const { hostname, port } = address;
  return {
    type,
    hostname,
    port,
    ...layers,
    maximumConnections: common.maximumConnections,
    usesProxyProtocol: common.usesProxyProtocol,
    ...policyOf(common),
  };
}

/** What of it is not that of all listeners. */
function policyOf(
  { auth, limits }: Pick<CommonKeys, "auth" | "limits">,
): ListenerPolicy {
  const ownAuth = withoutDefaults<ListenerAuth>(auth);
  const ownLimits = withoutDefaults<ListenerLimits>(limits);
  return {
    ...ownAuth !== null && { auth: ownAuth },
    ...ownLimits !== null && { limits: ownLimits },
  };
}

/** `null` if nothing is left. */
function withoutDefaults<Own>(values: object): Own | null {
  const own = Object.entries(values).filter(([, value]) => value !== "default");
  return own.length === 0 ? null : Object.fromEntries(own) as Own;
}

function pickTls(keys: TlsOptions): TlsOptions {
  return {
    certificatePath: keys.certificatePath,
    privateKeyPath: keys.privateKeyPath,
    clientAuthentication: keys.clientAuthentication,
    clientCaPath: keys.clientCaPath,
    revocationListPath: keys.revocationListPath,
    usesIdentityAsUserName: keys.usesIdentityAsUserName,
  };
}

function pickWebSocket(keys: WebSocketOptions): WebSocketOptions {
  return { path: keys.path, allowedOrigins: keys.allowedOrigins };
}

type NetworkKeys = AddressKey & CommonKeys;

/** The types of listeners; the first is the default. */
export const LISTENER_VARIANTS: readonly Variant<Listener>[] = [
  {
    type: "tcp",
    summary: "MQTT over TCP",
    fields: { ...addressKey("127.0.0.1:1883"), ...COMMON },
    build: (keys: NetworkKeys) => network("tcp", keys, {}),
  },
  {
    type: "tls",
    summary: "MQTT over TLS 1.2 or 1.3",
    fields: {
      ...addressKey("127.0.0.1:8883"),
      ...TLS,
      ...TLS_ENGINE,
      ...COMMON,
    },
    build: (keys: NetworkKeys & TlsOptions & TlsEngineKey) =>
      network("tls", keys, {
        tls: pickTls(keys),
        tlsEngine: keys.tlsEngine,
      }),
  },
  {
    type: "ws",
    summary: "MQTT over WebSocket",
    fields: { ...addressKey("127.0.0.1:8083"), ...WEB_SOCKET, ...COMMON },
    build: (keys: NetworkKeys & WebSocketOptions) =>
      network("ws", keys, { webSocket: pickWebSocket(keys) }),
  },
  {
    type: "wss",
    summary: "MQTT over WebSocket over TLS",
    fields: {
      ...addressKey("127.0.0.1:8084"),
      ...WEB_SOCKET,
      ...TLS,
      ...TLS_ENGINE,
      ...COMMON,
    },
    build: (
      keys: NetworkKeys & TlsOptions & TlsEngineKey & WebSocketOptions,
    ) =>
      network("wss", keys, {
        tls: pickTls(keys),
        tlsEngine: keys.tlsEngine,
        webSocket: pickWebSocket(keys),
      }),
  },
  {
    type: "unix",
    summary: "MQTT over a Unix socket",
    fields: { ...UNIX, ...COMMON },
    build: (
      { auth, limits, ...keys }: UnixKeys & CommonKeys,
    ) => ({ type: "unix", ...keys, ...policyOf({ auth, limits }) }),
  },
  {
    type: "auto",
    summary: "One port for MQTT, MQTT over WebSocket and GET /healthz, and " +
      "with a certificate for all of these over TLS too",
    fields: {
      ...addressKey("127.0.0.1:1883"),
      ...WEB_SOCKET,
      ...ADMIN_KEY,
      ...OPTIONAL_TLS,
      ...COMMON,
    },
    build: (keys: NetworkKeys & OptionalTls & WebSocketOptions & AdminKey) =>
      network("auto", keys, {
        ...(keys.certificatePath ?? keys.privateKeyPath) !== null &&
          { tls: pickTls(keys as OptionalTls & TlsOptions) },
        webSocket: pickWebSocket(keys),
        servesAdmin: keys.servesAdmin,
      }),
  },
];
