import { createPrivateKey, X509Certificate } from "node:crypto";
import { readRevocationLists, type RevocationList } from "./revocation_list.ts";

/** The files that a TLS listener reads; PEM all of them. */
export interface CredentialFiles {
  /** The server's certificate, and the ones between it and a root. */
  readonly certificatePath: string;
  readonly privateKeyPath: string;
  /** Certificates of authorities whose clients are let in. */
  readonly clientCaPath: string | null;
  /** Certificate revocation lists of these authorities. */
  readonly revocationListPath: string | null;
}

/** What is in them, checked. */
export interface Credentials {
  readonly certificate: string;
  readonly privateKey: string;
  readonly clientCa: string | null;
  readonly revocationLists: readonly RevocationList[] | null;
  /** The text of all files: tells one set from another. */
  readonly text: string;
  /** When the server's certificate expires. */
  readonly expiresAtMs: number;
}

/** One of the files cannot be used; `message` says why without naming it. */
export class CredentialError extends Error {
  override readonly name = "CredentialError";
  readonly file: keyof CredentialFiles;

  constructor(
    file: keyof CredentialFiles,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.file = file;
  }
}

const CERTIFICATE_BLOCK =
  /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const KEY_BLOCK =
  /-----BEGIN ((?:[A-Z]+ )?PRIVATE KEY)-----([^]+?)-----END \1-----/;

/**
 * Reads and checks all of `files`.
 * @throws {CredentialError} At the first that is of no use.
 */
export function readCredentials(
  files: CredentialFiles,
  readTextFile: (path: string) => string = Deno.readTextFileSync,
): Credentials {
  const read = (file: keyof CredentialFiles) => {
    const path = files[file];
    if (path === null) return null;
    try {
      return readTextFile(path);
    } catch (error) {
      throw new CredentialError(file, explainReadFailure(error), {
        cause: error,
      });
    }
  };
  const certificate = read("certificatePath")!;
  const privateKey = read("privateKeyPath")!;
  const clientCa = read("clientCaPath");
  const revocationList = read("revocationListPath");
  const [own] = parseCertificates("certificatePath", certificate);
  checkPrivateKey(privateKey, own);
  const authorities = clientCa === null
    ? []
    : parseCertificates("clientCaPath", clientCa);
  return {
    certificate,
    privateKey,
    clientCa,
    revocationLists: revocationList === null
      ? null
      : parseRevocationLists(revocationList, authorities),
    text: [certificate, privateKey, clientCa, revocationList].join("\n"),
    expiresAtMs: Date.parse(own.validTo),
  };
}

function explainReadFailure(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) {
    return "no such file, put it there or correct the path";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "may not be read, let the user that runs the broker read it";
  }
  const problem = error instanceof Error ? error.message : String(error);
  return `cannot be read: ${problem}`;
}

function parseCertificates(
  file: keyof CredentialFiles,
  text: string,
): X509Certificate[] {
  const blocks = text.match(CERTIFICATE_BLOCK) ?? [];
  if (blocks.length === 0) {
    throw new CredentialError(
      file,
      "expected a certificate in PEM (-----BEGIN CERTIFICATE-----), found none",
    );
  }
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw new CredentialError(
        file,
        `certificate ${index + 1} of the file is malformed`,
        { cause: error },
      );
    }
  });
}

function checkPrivateKey(text: string, certificate: X509Certificate): void {
  const block = KEY_BLOCK.exec(text);
  if (block === null) {
    throw new CredentialError(
      "privateKeyPath",
      "expected a private key in PEM (-----BEGIN PRIVATE KEY-----), found none",
    );
  }
  const [whole, label, body] = block;
  if (label.startsWith("ENCRYPTED") || body.includes("ENCRYPTED")) {
    throw new CredentialError(
      "privateKeyPath",
      "the private key is encrypted, expected one without a passphrase",
    );
  }
  let isFitting;
  try {
    isFitting = certificate.checkPrivateKey(createPrivateKey(whole));
  } catch (error) {
    throw new CredentialError(
      "privateKeyPath",
      "the private key is malformed or of an unknown kind",
      { cause: error },
    );
  }
  if (!isFitting) {
    throw new CredentialError(
      "privateKeyPath",
      "the private key does not fit the certificate",
    );
  }
}

function parseRevocationLists(
  text: string,
  authorities: readonly X509Certificate[],
): RevocationList[] {
  let lists;
  try {
    lists = readRevocationLists(text);
  } catch (error) {
    throw new CredentialError(
      "revocationListPath",
      "expected a revocation list in PEM (-----BEGIN X509 CRL-----), found " +
        "none that can be read",
      { cause: error },
    );
  }
  for (const [index, list] of lists.entries()) {
    if (!authorities.some((authority) => list.isSignedBy(authority))) {
      throw new CredentialError(
        "revocationListPath",
        `revocation list ${index + 1} of the file is not signed by a ` +
          "certification authority of the listener",
      );
    }
  }
  return lists;
}
