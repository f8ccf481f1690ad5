import { fileURLToPath } from "node:url";
import {
  checkWithEngine,
  CredentialError,
  type CredentialFiles,
  readCredentials,
  type TlsEngine,
} from "../transport/mod.ts";
import { Misfit } from "./_check.ts";
import type { Path } from "./_locate.ts";
import type { Config } from "./config.ts";
import { CREDENTIAL_KEYS } from "./credential_keys.ts";
import { explainUnreadable } from "./read_failure.ts";

type ReadTextFile = (path: string) => string;

/**
 * Checks that the files which the configuration names can be read, and what
 * is in certificates and keys. What is in the others is for those who use them.
 * @throws {Misfit} At the first file that is of no use.
 */
export function checkNamedFiles(
  config: Config,
  readTextFile: ReadTextFile,
): void {
  checkAuthFiles(config, readTextFile);
  checkModules(config, readTextFile);
  checkTokenFile(config);
  checkCredentials(config, readTextFile);
}

function checkAuthFiles({ auth }: Config, readTextFile: ReadTextFile): void {
  const { passwordFile, aclFile, rolesFile, banFile } = auth;
  const making = `make it with rqtt passwd -c ${passwordFile} NAME`;
  const files = [
    ["password_file", passwordFile, making],
    ["acl_file", aclFile],
    ["roles_file", rolesFile],
    ["ban_file", banFile],
  ] as const;
  for (const [key, path, making] of files) {
    if (path === null) continue;
    checkReadable(["auth", key], path, () => readTextFile(path), making);
  }
}

/** Bundled plugins have no file; what else is no path is told when it is loaded. */
function checkModules({ plugins }: Config, readTextFile: ReadTextFile): void {
  for (const [index, { module }] of plugins.entries()) {
    const url = URL.parse(module);
    if (url !== null && url.protocol !== "file:") continue;
    const path = url === null ? module : fileURLToPath(url);
    const key = ["plugins", index, "module"];
    checkReadable(key, path, () => readTextFile(path));
  }
}

/** The file is made if it is not there, which needs a folder. */
function checkTokenFile({ admin: { tokenFile } }: Config): void {
  if (tokenFile === null) return;
  const folder = tokenFile.replace(/[^/\\]*$/, "") || ".";
  try {
    Deno.statSync(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return;
    throw new Misfit(
      ["admin", "token_file"],
      `${tokenFile}: there is no folder ${folder}, make it or correct the path`,
    );
  }
}

function checkReadable(
  key: Path,
  path: string,
  read: () => string,
  making?: string,
): void {
  try {
    read();
  } catch (error) {
    throw new Misfit(key, explainUnreadable(path, error, making));
  }
}

function checkCredentials(
  { admin, listeners }: Config,
  readTextFile: ReadTextFile,
): void {
  for (const [index, listener] of listeners.entries()) {
    if (listener.type === "unix" || listener.tls === undefined) continue;
    const { tls, tlsEngine = "node" } = listener;
    const path = ["listeners", index];
    checkTlsFiles(tls, { path, engine: tlsEngine, readTextFile });
  }
  const { certificatePath, privateKeyPath } = admin;
  if (certificatePath === null || privateKeyPath === null) return;
  checkTlsFiles(
    {
      certificatePath,
      privateKeyPath,
      clientCaPath: null,
      revocationListPath: null,
    },
    { path: ["admin"], engine: "node", readTextFile },
  );
}

function checkTlsFiles(
  files: CredentialFiles,
  { path, engine, readTextFile }: {
    readonly path: Path;
    readonly engine: TlsEngine;
    readonly readTextFile: ReadTextFile;
  },
): void {
  try {
    checkWithEngine(readCredentials(files, readTextFile), engine);
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    throw new Misfit(
      [...path, CREDENTIAL_KEYS[error.file]],
      `${files[error.file]}: ${error.message}`,
    );
  }
}
