import { type KeyObject, verify, X509Certificate } from "node:crypto";
import { DerError, DerReader, readPem, readTime, Tag } from "./der.ts";

/** Which digest goes with a signature, by the content of its OBJECT IDENTIFIER. */
const DIGESTS: Readonly<Record<string, string | null>> = {
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
  // Ed25519 has its own.
  "2b6570": null,
};

/** The certificates that one certification authority has revoked (RFC 5280). */
export class RevocationList {
  /** The DER of the name of the authority, in hexadecimal digits. */
  readonly issuer: string;
  /** When there should be a newer list; `Infinity` if it does not say. */
  readonly nextUpdateMs: number;
  readonly #serialNumbers = new Set<string>();
  readonly #signed: Uint8Array<ArrayBuffer>;
  readonly #algorithm: string;
  readonly #signature: Uint8Array<ArrayBuffer>;

  /** @throws {DerError} If `der` is no certificate revocation list. */
  constructor(der: Uint8Array<ArrayBuffer>) {
    const outer = new DerReader(der).enter();
    const list = outer.read(Tag.sequence);
    this.#signed = list.whole;
    this.#algorithm = outer.enter().read(Tag.objectIdentifier).content.toHex();
    // The first byte counts unused bits, of which there are none.
    this.#signature = outer.read(Tag.bitString).content.subarray(1);
    const fields = new DerReader(list.content);
    fields.readIf(Tag.integer);
    fields.read(Tag.sequence);
    this.issuer = fields.read(Tag.sequence).whole.toHex();
    const thisUpdate = fields.readIf(Tag.utcTime, Tag.generalizedTime);
    if (thisUpdate === undefined) {
      throw new DerError("Cannot read DER: the list has no date");
    }
    const nextUpdate = fields.readIf(Tag.utcTime, Tag.generalizedTime);
    this.nextUpdateMs = nextUpdate === undefined
      ? Infinity
      : readTime(nextUpdate);
    if (fields.nextTag !== Tag.sequence) return;
    const revoked = fields.enter();
    while (!revoked.isAtEnd) {
      const serialNumber = revoked.enter().read(Tag.integer).content.toHex();
      this.#serialNumbers.add(serialNumber);
    }
  }

  /** Whether the authority that has `certificate` has signed this list. */
  isSignedBy(certificate: X509Certificate): boolean {
    if (subjectOf(new Uint8Array(certificate.raw)) !== this.issuer) {
      return false;
    }
    const digest = DIGESTS[this.#algorithm];
    if (digest === undefined) return false;
    const key: KeyObject = certificate.publicKey;
    return verify(digest, this.#signed, key, this.#signature);
  }

  /** By the content of the INTEGER in the certificate, in hexadecimal digits. */
  has(serialNumber: string): boolean {
    return this.#serialNumbers.has(serialNumber);
  }
}

/**
 * The lists in a PEM file.
 * @throws {DerError} If there is none, or if one is malformed.
 */
export function readRevocationLists(text: string): RevocationList[] {
  const lists = readPem(text, "X509 CRL").map((der) => new RevocationList(der));
  if (lists.length === 0) {
    throw new DerError('Cannot read PEM: there is no "X509 CRL" in it');
  }
  return lists;
}

/** What a list tells a certificate by. */
export interface CertificateName {
  /** In hexadecimal digits, as it is encoded. */
  readonly issuer: string;
  readonly serialNumber: string;
}

/** Whether one of `lists` has the certificate. */
export function isRevoked(
  lists: readonly RevocationList[],
  { issuer, serialNumber }: CertificateName,
): boolean {
  return lists.some((list) => list.issuer === issuer && list.has(serialNumber));
}

/**
 * Why the certificate must not be let in, or `null`. A certificate of an
 * authority without a list, or with one that is out of date, is refused:
 * nobody knows whether it is revoked.
 */
export function explainRevocation(
  lists: readonly RevocationList[],
  name: CertificateName,
  nowMs: number,
): string | null {
  if (isRevoked(lists, name)) return "the certificate is revoked";
  const own = lists.filter((list) => list.issuer === name.issuer);
  if (own.length === 0) return "there is no revocation list of its issuer";
  if (own.every((list) => list.nextUpdateMs < nowMs)) {
    return "the revocation list of its issuer is out of date";
  }
  return null;
}

export function nameCertificate(
  der: Uint8Array<ArrayBuffer>,
): CertificateName {
  const fields = new DerReader(der).enter().enter();
  fields.readIf(Tag.explicit0);
  const serialNumber = fields.read(Tag.integer).content.toHex();
  fields.read(Tag.sequence);
  return { serialNumber, issuer: fields.read(Tag.sequence).whole.toHex() };
}

function subjectOf(der: Uint8Array<ArrayBuffer>): string {
  const fields = new DerReader(der).enter().enter();
  fields.readIf(Tag.explicit0);
  fields.read(Tag.integer);
  // Signature algorithm, issuer and validity stand before the subject.
  for (let i = 0; i < 3; i++) fields.read(Tag.sequence);
  return fields.read(Tag.sequence).whole.toHex();
}
