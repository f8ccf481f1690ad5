import type { TlsOptions } from "../../client/mod.ts";
import { CLIENT_EXIT_CODE, ClientFailure, ClientUsageError } from "./errors.ts";
import type { ClientArguments } from "./read_arguments.ts";

/** Where systems keep the certificates that they trust. */
const SYSTEM_CERTIFICATES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * Reads the certificates and the key that the options name.
 * @throws {ClientFailure} If a file cannot be read.
 */
export function readTrust(args: ClientArguments): TlsOptions {
  const certificate = args.text("cert");
  const key = args.text("key");
  if ((certificate === undefined) !== (key === undefined)) {
    throw new ClientUsageError(
      "Both certfile and keyfile must be provided if one of them is set.",
    );
  }
  if (args.has("keyform") && args.text("keyform") !== "pem") {
    throw new ClientUsageError("--keyform cannot be used: it is always pem.");
  }
  const caCertificates: string[] = [];
  const file = args.text("cafile");
  if (file !== undefined) caCertificates.push(read(file));
  const directory = args.text("capath");
  if (directory !== undefined) caCertificates.push(...readAll(directory));
  if (args.has("tls-use-os-certs")) caCertificates.push(...readSystem());
  return {
    caCertificates,
    ...certificate !== undefined && {
      certificateChain: read(certificate),
      privateKey: read(key!),
    },
  };
}

function read(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    throw notRead(file, error);
  }
}

function readAll(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)]
      .filter(({ name }) => /\.(crt|pem)$/.test(name))
      .map(({ name }) => read(`${directory}/${name}`));
  } catch (error) {
    throw error instanceof ClientFailure ? error : notRead(directory, error);
  }
}

function readSystem(): string[] {
  for (const file of SYSTEM_CERTIFICATES) {
    try {
      return [Deno.readTextFileSync(file)];
    } catch {
      // Each system has another of them.
    }
  }
  return [];
}

function notRead(path: string, error: unknown): ClientFailure {
  const reason = error instanceof Deno.errors.NotFound
    ? "File not found."
    : (error as Error).message;
  return new ClientFailure(
    `Error: Problem setting TLS options: ${reason} (${path})`,
    CLIENT_EXIT_CODE.failure,
    { cause: error },
  );
}
