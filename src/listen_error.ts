import { CREDENTIAL_KEYS, type Listener } from "./config/mod.ts";
import {
  CredentialError,
  type CredentialFiles,
  formatListeningAddress,
} from "./transport/mod.ts";

/** What could not be listened on: a listener of clients, or that of the admin HTTP. */
type Target = Listener | {
  readonly type: "http";
  readonly hostname: string;
  readonly port: number;
  readonly tls?: CredentialFiles;
};

/** A listener cannot be opened; `message` is one line with the remedy. */
export class ListenError extends Error {
  override readonly name = "ListenError";

  /** `place` is that of `listener` in the configuration. */
  constructor(listener: Target, place: string, cause: unknown) {
    const address = listener.type === "unix"
      ? { hostname: "", port: 0, path: listener.path }
      : listener;
    const { key, problem } = explain(listener, cause);
    super(
      `Cannot listen on ${formatListeningAddress(address)} ` +
        `(${place}.${key}): ${problem}`,
      { cause },
    );
  }
}

/** What is wrong, and the key whose value is to blame. */
function explain(
  listener: Target,
  cause: unknown,
): { readonly key: string; readonly problem: string } {
  if (listener.type === "unix") {
    return { key: "path", problem: explainUnix(cause) };
  }
  return cause instanceof CredentialError
    ? explainCredential(listener.tls, cause)
    : { key: "address", problem: explainNetwork(listener, cause) };
}

/** The key of the file of a TLS listener that is of no use, its path, and why. */
export function explainCredential(
  files: CredentialFiles | undefined,
  { file, message }: CredentialError,
): { readonly key: string; readonly problem: string } {
  return {
    key: CREDENTIAL_KEYS[file],
    problem: `${files?.[file]}: ${message}`,
  };
}

function explainUnix(cause: unknown): string {
  if (cause instanceof Deno.errors.AddrInUse) {
    return "another program listens there, or the path is that of a file " +
      "that is no socket";
  }
  if (cause instanceof Deno.errors.NotFound) return "there is no such folder";
  if (cause instanceof Deno.errors.PermissionDenied) {
    return "the system does not permit it";
  }
  return cause instanceof Error ? cause.message : String(cause);
}

function explainNetwork(
  { type, hostname, port }: Exclude<Target, { readonly type: "unix" }>,
  cause: unknown,
): string {
  const flag = type === "http" ? "" : " with --port";
  if (cause instanceof Deno.errors.AddrInUse) {
    return `port ${port} is in use, stop the program that has it or choose ` +
      `another${flag}`;
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    return port > 0 && port < 1_024
      ? "ports below 1024 are for privileged programs, choose a higher one" +
        `${flag} or grant CAP_NET_BIND_SERVICE`
      : "the system does not permit it";
  }
  if (cause instanceof Deno.errors.AddrNotAvailable) {
    return `${hostname} is no address of this machine, 0.0.0.0 is every one`;
  }
  if (cause instanceof Deno.errors.NotCapable) {
    return "Deno does not permit it, start it with --allow-net";
  }
  const problem = cause instanceof Error ? cause.message : String(cause);
  // Deno has no error class for a name that does not resolve.
  return problem.startsWith("failed to lookup") || cause instanceof URIError
    ? `host ${hostname} is unknown, check its spelling`
    : problem;
}
