import type { TlsEngine } from "../open_listener.ts";
import { CredentialError, type Credentials } from "./credentials.ts";

/**
 * Has TLS take the certificate and the key, on a port of this machine only: a
 * listener that has been closed for what does not work would stay closed. Both
 * engines serve the same keys, but `node` does not look into its own
 * certificate, so what the other one has against that does not matter to it.
 * Does nothing where Deno permits no such port.
 * @throws {CredentialError} If the engine could not serve them.
 */
export function checkWithEngine(
  { certificate, privateKey }: Credentials,
  engine: TlsEngine,
): void {
  try {
    Deno.listenTls({
      hostname: "127.0.0.1",
      port: 0,
      cert: certificate,
      key: privateKey,
    }).close();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return;
    const problem = error instanceof Error ? error.message : String(error);
    const fault = explain(problem, engine);
    if (fault === null) return;
    const [file, message] = fault;
    throw new CredentialError(file, message, { cause: error });
  }
}

/** Whose fault it is, and what to do about it; `null` if it is none. */
function explain(
  problem: string,
  engine: TlsEngine,
): [file: "certificatePath" | "privateKeyPath", message: string] | null {
  if (problem.includes("failed to parse private key")) {
    return [
      "privateKeyPath",
      "the private key is of a kind that TLS here does not serve, make one " +
      "of RSA with 2048 bits or more, of ECDSA with P-256, P-384 or P-521, " +
      "or of Ed25519, and a certificate for it",
    ];
  }
  const isAboutCertificate = problem.startsWith("invalid peer certificate");
  if (isAboutCertificate && engine === "node") return null;
  if (problem.includes("UnsupportedCertVersion")) {
    return [
      "certificatePath",
      "the certificate is of X.509 version 1, which tls_engine deno does not " +
      "serve, have one of version 3 issued or use tls_engine node",
    ];
  }
  return [
    "certificatePath",
    isAboutCertificate
      ? `tls_engine deno does not serve the certificate (${problem}), have ` +
        "another one issued or use tls_engine node"
      : problem,
  ];
}
