import { errors, importSPKI, importX509, type JWTVerifyGetKey } from "jose";

/**
 * One public key in PEM, or that of a certificate, whatever name a token gives
 * to its own.
 * @throws {TypeError} If `pem` is something else.
 */
export function staticKey(pem: string): JWTVerifyGetKey {
  const kind = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(pem)?.[1] ?? "";
  const read = kind === "PUBLIC KEY"
    ? importSPKI
    : kind === "CERTIFICATE"
    ? importX509
    : null;
  if (read === null) throw new TypeError(faultOf(kind));
  const keys = new Map<string, ReturnType<typeof read>>();
  return async ({ alg = "" }) => {
    let key = keys.get(alg);
    // Only algorithms that are allowed come here: the Map stays small.
    if (key === undefined) keys.set(alg, key = read(pem, alg));
    try {
      return await key;
    } catch (cause) {
      throw new errors.JOSEAlgNotAllowed(
        `the key is not one for ${alg}`,
        { cause },
      );
    }
  };
}

function faultOf(kind: string): string {
  if (kind.endsWith("PRIVATE KEY")) {
    return "it is a private key, which belongs to the issuer alone; take the " +
      "public one";
  }
  return kind === "RSA PUBLIC KEY"
    ? 'expected "BEGIN PUBLIC KEY"; openssl rsa -RSAPublicKey_in -pubout ' +
      "converts it"
    : "expected a public key or a certificate in PEM";
}
