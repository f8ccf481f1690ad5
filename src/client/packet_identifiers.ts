const HIGHEST = 65_535;

/**
 * What waits for an answer of the server, by Packet Identifier: one number
 * space for PUBLISH, SUBSCRIBE and UNSUBSCRIBE [MQTT-2.2.1-3]. Iterates in the
 * order in which the identifiers were taken.
 */
export class PacketIdentifiers<Holder> extends Map<number, Holder> {
  #last = 0;

  /** Gives `holder` one that is free; its callers bound their number. */
  take(holder: Holder): number {
    do this.#last = this.#last % HIGHEST + 1; while (this.has(this.#last));
    this.set(this.#last, holder);
    return this.#last;
  }
}
