import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from "jose";

/** Where a {@linkcode KeySet} has its keys from. */
export interface KeyOrigin {
  /** @throws {Error} If they cannot be had. */
  load(): Promise<LoadedKeys>;
}

/** Keys, and how long they may be used without looking again. */
export interface LoadedKeys {
  readonly keys: JSONWebKeySet;
  /** `null` leaves it to {@linkcode KeySetTimes}. */
  readonly lifetimeMs: number | null;
}

/** How long keys hold. */
export interface KeySetTimes {
  /** The longest time without looking whether they have changed. */
  readonly lifetimeMs: number;
  /** For how long they are used after that while looking fails. */
  readonly staleMs: number;
  /** Between two looks, whatever tokens ask for. */
  readonly coolDownMs: number;
}

/** While keys cannot be had, it is tried again after this time. */
const RETRY_MS = 1_000;

/** What a {@linkcode KeySet} works with. */
export interface KeySetSurroundings {
  readonly nowMs: () => number;
  /** Is told of each failure to load keys, and whether old ones are used. */
  readonly onFailure: (error: Error, isServed: boolean) => void;
}

/** The keys cannot be had: nobody knows whether a token is good. */
export class KeysUnavailableError extends Error {
  override readonly name = "KeysUnavailableError";
}

/**
 * Public keys that change while the broker runs. They are loaded again when
 * their lifetime is over, and when a token names one that is not known: the
 * issuer may have rotated them. Whoever sends tokens with made-up names makes
 * nobody load them more often than the cool-down allows.
 */
export class KeySet {
  readonly #origin: KeyOrigin;
  readonly #times: KeySetTimes;
  readonly #surroundings: KeySetSurroundings;
  #find: JWTVerifyGetKey | null = null;
  #freshUntilMs = -Infinity;
  #usableUntilMs = -Infinity;
  #lookedAtMs = -Infinity;
  #failure: Error | null = null;
  #loading: Promise<void> | null = null;

  constructor(
    origin: KeyOrigin,
    times: KeySetTimes,
    surroundings: KeySetSurroundings,
  ) {
    this.#origin = origin;
    this.#times = times;
    this.#surroundings = surroundings;
  }

  /**
   * Finds the key that a token names; to be given to `jwtVerify`.
   * @throws {KeysUnavailableError} If no keys can be had.
   * @throws {errors.JOSEError} If none fits.
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#surroundings.nowMs() >= this.#freshUntilMs) {
      const loading = this.load();
      // While the issuer is away nobody waits for it: old keys serve.
      if (this.#failure === null || !this.#isUsable) await loading;
    }
    const find = this.#usable();
    try {
      return await find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const hasLooked = await this.load();
      // It may be one that nobody could tell of.
      if (this.#failure !== null) throw this.#unavailable();
      if (!hasLooked) throw error;
      return await this.#usable()(header, token);
    }
  };

  /** Loads the keys, unless that was done just now: then false. Never rejects. */
  async load(): Promise<boolean> {
    const nowMs = this.#surroundings.nowMs();
    if (this.#loading === null) {
      const { coolDownMs } = this.#times;
      const pauseMs = this.#failure === null
        ? coolDownMs
        : Math.min(RETRY_MS, coolDownMs);
      if (nowMs - this.#lookedAtMs < pauseMs) return false;
      this.#lookedAtMs = nowMs;
      this.#loading = this.#load().finally(() => this.#loading = null);
    }
    await this.#loading;
    return true;
  }

  async #load(): Promise<void> {
    const { lifetimeMs, staleMs, coolDownMs } = this.#times;
    const { nowMs, onFailure } = this.#surroundings;
    try {
      const loaded = await this.#origin.load();
      this.#find = createLocalJWKSet(loaded.keys);
      const askedMs = loaded.lifetimeMs ?? lifetimeMs;
      this.#freshUntilMs = nowMs() +
        Math.min(lifetimeMs, Math.max(coolDownMs, askedMs));
      this.#usableUntilMs = this.#freshUntilMs + staleMs;
      this.#failure = null;
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      onFailure(this.#failure, this.#isUsable);
    }
  }

  get #isUsable(): boolean {
    return this.#surroundings.nowMs() < this.#usableUntilMs;
  }

  #usable(): JWTVerifyGetKey {
    if (this.#find !== null && this.#isUsable) return this.#find;
    throw this.#unavailable();
  }

  #unavailable(): KeysUnavailableError {
    return new KeysUnavailableError(
      this.#failure?.message ?? "the keys were not loaded",
      { cause: this.#failure },
    );
  }
}
