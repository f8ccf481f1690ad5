import type { CredentialFiles } from "../transport/mod.ts";

/** The keys of a listener that name its files. */
export const CREDENTIAL_KEYS: Readonly<Record<keyof CredentialFiles, string>> =
  {
    certificatePath: "certificate",
    privateKeyPath: "private_key",
    clientCaPath: "client_ca",
    revocationListPath: "client_crl",
  };
