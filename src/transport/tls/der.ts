/** ASN.1 tags that certificates and revocation lists are made of. */
export const Tag = {
  integer: 0x02,
  bitString: 0x03,
  objectIdentifier: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  explicit0: 0xa0,
} as const;

/** One element of DER: where it and its content lie. */
export interface Element {
  readonly tag: number;
  /** The element with its tag and length. */
  readonly whole: Uint8Array<ArrayBuffer>;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** Bytes that are not DER, or not of the shape that was expected. */
export class DerError extends Error {
  override readonly name = "DerError";
}

/** Walks the elements that stand next to each other in DER. */
export class DerReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #offset = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  /** The tag of the next element; 0 at the end. */
  get nextTag(): number {
    return this.#bytes[this.#offset] ?? 0;
  }

  /**
   * The next element, which has to have `tag`.
   * @throws {DerError} If it has another one or is cut short.
   */
  read(tag: number): Element {
    if (this.nextTag !== tag) {
      throw new DerError(
        `Cannot read DER: tag is ${this.nextTag}, expected ${tag}`,
      );
    }
    const start = this.#offset;
    const [contentStart, length] = this.#readLength(start + 1);
    const end = contentStart + length;
    if (!(end <= this.#bytes.length)) {
      throw new DerError("Cannot read DER: it is cut short");
    }
    this.#offset = end;
    return {
      tag,
      whole: this.#bytes.subarray(start, end),
      content: this.#bytes.subarray(contentStart, end),
    };
  }

  /** The next element if it has one of `tags`. */
  readIf(...tags: number[]): Element | undefined {
    return tags.includes(this.nextTag) ? this.read(this.nextTag) : undefined;
  }

  /** A reader of what is inside of the next element, a SEQUENCE. */
  enter(): DerReader {
    return new DerReader(this.read(Tag.sequence).content);
  }

  #readLength(offset: number): [contentStart: number, length: number] {
    const first = this.#bytes[offset];
    if (first < 0x80) return [offset + 1, first];
    const count = first & 0x7f;
    if (!(count >= 1 && count <= 4)) {
      throw new DerError(`Cannot read DER: length of ${count} bytes`);
    }
    let length = 0;
    for (let i = 1; i <= count; i++) {
      length = length * 256 + this.#bytes[offset + i];
    }
    return [offset + 1 + count, length];
  }
}

/** A UTCTime or GeneralizedTime in milliseconds since 1970. */
export function readTime({ tag, content }: Element): number {
  const text = new TextDecoder().decode(content);
  const year = tag === Tag.generalizedTime ? 4 : 2;
  const match = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text.slice(year));
  if (match === null) {
    throw new DerError(`Cannot read DER: time is "${text}"`);
  }
  const [month, day, hour, minute, second] = match.slice(1).map(Number);
  const short = Number(text.slice(0, year));
  // Two digits mean 1950 to 2049.
  const full = year === 4 ? short : short + (short < 50 ? 2000 : 1900);
  return Date.UTC(full, month - 1, day, hour, minute, second);
}

/** The DER in each block of `label` in PEM. */
export function readPem(
  text: string,
  label: string,
): Uint8Array<ArrayBuffer>[] {
  const blocks = text.matchAll(
    new RegExp(`-----BEGIN ${label}-----([^-]+)-----END ${label}-----`, "g"),
  );
  return [...blocks].map(([, base64]) => Uint8Array.fromBase64(base64));
}
