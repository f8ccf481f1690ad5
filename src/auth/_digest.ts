/** The few primitives that password entries are made of, off the event loop. */

/** Bytes that WebCrypto takes: not those of shared memory. */
type Bytes = Uint8Array<ArrayBuffer>;

function owned(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes);
}

/** What PBKDF2 makes its HMACs with. */
export type Pbkdf2Hash = "SHA-256" | "SHA-512";

export async function pbkdf2(
  hash: Pbkdf2Hash,
  password: Uint8Array,
  salt: Uint8Array,
  { iterations, bytes }: { iterations: number; bytes: number },
): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey(
    "raw",
    owned(password),
    "PBKDF2",
    false,
    ["deriveBits"],
  );
  return new Uint8Array(
    await crypto.subtle.deriveBits(
      { name: "PBKDF2", hash, salt: owned(salt), iterations },
      key,
      bytes * 8,
    ),
  );
}

export async function sha512(...parts: Uint8Array[]): Promise<Uint8Array> {
  const joined = new Uint8Array(await new Blob(parts.map(owned)).arrayBuffer());
  return new Uint8Array(await crypto.subtle.digest("SHA-512", joined));
}

export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", owned(bytes)));
}

export async function hmacSha256(
  key: Uint8Array,
  data: Uint8Array,
): Promise<Uint8Array> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey(
    "raw",
    owned(key),
    algorithm,
    false,
    ["sign"],
  );
  return new Uint8Array(
    await crypto.subtle.sign("HMAC", imported, owned(data)),
  );
}

export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** `null` if `text` is not base64. */
export function fromBase64(text: string): Uint8Array | null {
  try {
    return text === ""
      ? null
      : Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
