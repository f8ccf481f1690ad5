import type { JWTVerifyGetKey } from "jose";

/** Whether a file has changed is looked up no more often than this. */
const LOOK_MS = 1_000;

/** What a {@linkcode KeyFile} works with. */
export interface KeyFileSurroundings {
  readonly readTextFile: (path: string) => Promise<string>;
  /** Something that is different once the file is. */
  readonly fingerprint: (path: string) => Promise<string>;
  readonly nowMs: () => number;
  /** The file has changed and cannot be used. */
  readonly onFailure: (error: Error) => void;
}

/** A key, or keys, in a file that is read again when it has changed. */
export class KeyFile {
  readonly #path: string;
  readonly #parse: (text: string) => JWTVerifyGetKey;
  readonly #surroundings: KeyFileSurroundings;
  #find: JWTVerifyGetKey;
  #seen: string;
  #lookedAtMs: number;

  private constructor(
    path: string,
    parse: (text: string) => JWTVerifyGetKey,
    first: Readonly<{
      find: JWTVerifyGetKey;
      seen: string;
      surroundings: KeyFileSurroundings;
    }>,
  ) {
    this.#path = path;
    this.#parse = parse;
    this.#find = first.find;
    this.#seen = first.seen;
    this.#surroundings = first.surroundings;
    this.#lookedAtMs = first.surroundings.nowMs();
  }

  /** @throws {Error} If the file cannot be used. */
  static async open(
    path: string,
    parse: (text: string) => JWTVerifyGetKey,
    surroundings: KeyFileSurroundings,
  ): Promise<KeyFile> {
    const seen = await surroundings.fingerprint(path);
    const find = parse(await surroundings.readTextFile(path));
    return new KeyFile(path, parse, { find, seen, surroundings });
  }

  /** To be given to `jwtVerify`. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const nowMs = this.#surroundings.nowMs();
    if (nowMs - this.#lookedAtMs >= LOOK_MS) {
      this.#lookedAtMs = nowMs;
      await this.#look();
    }
    return await this.#find(header, token);
  };

  /** What cannot be used changes nothing, and is told of once. */
  async #look(): Promise<void> {
    const { fingerprint, readTextFile, onFailure } = this.#surroundings;
    let seen = "";
    try {
      seen = await fingerprint(this.#path);
      if (seen === this.#seen) return;
      this.#find = this.#parse(await readTextFile(this.#path));
    } catch (error) {
      if (seen !== this.#seen) onFailure(error as Error);
    }
    this.#seen = seen;
  }
}
