import {
  CredentialError,
  type CredentialFiles,
  readCredentials,
} from "../transport/mod.ts";
import { Misfit } from "./_check.ts";
import type { Path } from "./_locate.ts";
import type { Config } from "./config.ts";

/** The keys that name the files. */
const KEYS: Readonly<Record<keyof CredentialFiles, string>> = {
  certificatePath: "certificate",
  privateKeyPath: "private_key",
  clientCaPath: "client_ca",
  revocationListPath: "client_crl",
};

/**
 * Checks what is in the certificates and keys of listeners.
 * @throws {Misfit} At the first file that is of no use.
 */
export function checkCredentials(
  { admin, listeners }: Config,
  readTextFile: (path: string) => string,
): void {
  for (const [index, listener] of listeners.entries()) {
    if (listener.type === "unix" || listener.tls === undefined) continue;
    checkFiles(listener.tls, ["listeners", index], readTextFile);
  }
  const { certificatePath, privateKeyPath } = admin;
  if (certificatePath === null || privateKeyPath === null) return;
  checkFiles(
    {
      certificatePath,
      privateKeyPath,
      clientCaPath: null,
      revocationListPath: null,
    },
    ["admin"],
    readTextFile,
  );
}

function checkFiles(
  files: CredentialFiles,
  path: Path,
  readTextFile: (path: string) => string,
): void {
  try {
    readCredentials(files, readTextFile);
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    throw new Misfit([...path, KEYS[error.file]], error.message);
  }
}
