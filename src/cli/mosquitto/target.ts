import type { ClientArguments } from "./read_arguments.ts";
import { ClientUsageError } from "./errors.ts";

/** Where the broker is. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly isWebSocket: boolean;
  /** The Unix socket instead of host and port. */
  readonly unixPath: string | undefined;
  readonly userName: string | undefined;
  readonly password: string | undefined;
  /** The Topic Name or Filter of -L. */
  readonly topic: string | undefined;
}

interface UrlParts {
  readonly scheme: string;
  readonly userName: string | undefined;
  readonly password: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
  readonly topic: string;
}

const TLS_PORT = 8883;

/** @throws {ClientUsageError} If URL or port is not usable. */
export function readTarget(args: ClientArguments): Target {
  const url = args.has("url") ? parseUrl(args.text("url")!) : undefined;
  const port = args.has("port") ? checkPort(args.integer("port")!) : url?.port;
  const isWebSocket = args.has("ws") || url?.scheme.startsWith("ws") === true;
  const isTls = url?.scheme === "mqtts" || url?.scheme === "wss" ||
    port === TLS_PORT ||
    ["cafile", "capath", "tls-use-os-certs"].some((name) => args.has(name));
  return {
    host: url?.host ?? args.text("host") ?? "localhost",
    port: port ?? defaultPort(isTls, isWebSocket),
    isTls,
    isWebSocket,
    unixPath: args.text("unix"),
    userName: url?.userName ?? args.text("username"),
    password: url?.password ?? args.text("pw"),
    topic: url?.topic,
  };
}

/** Splits it as Mosquitto does: nothing in it is percent-encoded. */
function parseUrl(text: string): UrlParts {
  const match = /^(mqtts?|wss?):\/\/(.*)$/s.exec(text);
  if (match === null) throw new ClientUsageError("unsupported URL scheme.");
  const [, scheme, rest] = match;
  const slash = rest.indexOf("/");
  if (slash < 0 || slash === rest.length - 1) {
    throw new ClientUsageError(
      "Invalid URL for -L argument specified - topic missing.",
    );
  }
  const authority = rest.slice(0, slash);
  const at = authority.lastIndexOf("@");
  const [, host, port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(
    authority.slice(at + 1),
  ) ?? ["", authority];
  const [userName, ...password] = authority.slice(0, Math.max(at, 0))
    .split(":");
  return {
    scheme,
    userName: at < 0 ? undefined : userName,
    password: password.length > 0 ? password.join(":") : undefined,
    host: host.replace(/^\[(.*)\]$/, "$1"),
    port: port === undefined
      ? undefined
      : checkPort(Number.parseInt(port) || 0),
    topic: rest.slice(slash + 1),
  };
}

function checkPort(port: number): number {
  if (port >= 1 && port <= 65535) return port;
  throw new ClientUsageError(`Invalid port given: ${port}`);
}

function defaultPort(isTls: boolean, isWebSocket: boolean): number {
  if (isWebSocket) return isTls ? 8084 : 8083;
  return isTls ? TLS_PORT : 1883;
}
