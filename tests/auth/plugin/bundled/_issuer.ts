import {
  exportJWK,
  generateKeyPair,
  type GenerateKeyPairResult,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from "jose";

/** As `jose` has it: with types of Node.js in the program it is not Deno's. */
export type PrivateKey = GenerateKeyPairResult["privateKey"];

/** The time of tests, in seconds since the epoch. */
export const NOW = 1_800_000_000;

/** Signs tokens with keys that it makes. */
export class Issuer {
  readonly #keys = new Map<string, PrivateKey>();
  readonly #public = new Map<string, JWK>();

  /** Makes a key; returns this. */
  async add(kid: string, alg = "ES256"): Promise<this> {
    const { privateKey, publicKey } = await generateKeyPair(alg);
    this.#keys.set(kid, privateKey);
    this.#public.set(kid, { ...await exportJWK(publicKey), kid });
    return this;
  }

  /** The public keys, all of them or those named. */
  jwks(...kids: string[]): { keys: JWK[] } {
    const keys = [...this.#public].filter(([kid]) =>
      kids.length === 0 || kids.includes(kid)
    );
    return { keys: keys.map(([, key]) => key) };
  }

  /** A token that holds for a minute, unless `claims` say otherwise. */
  async sign(
    kid: string,
    claims: JWTPayload = {},
    header: Partial<JWTHeaderParameters> = {},
  ): Promise<string> {
    return await new SignJWT({
      sub: "alice",
      aud: "broker",
      exp: NOW + 60,
      ...claims,
    }).setProtectedHeader({ alg: "ES256", kid, ...header })
      .sign(this.#keys.get(kid)!);
  }
}
