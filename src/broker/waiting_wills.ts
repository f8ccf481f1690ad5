import type { Broker } from "./broker.ts";
import type { ClientSession, Connection } from "./connection.ts";
import type { ClientIdentity } from "./interfaces.ts";
import { dropWill, findWillObjection, reviewWill } from "./review_will.ts";

/** What is remembered of a client that is away, as long as its Will waits. */
export interface WillAuthor extends ClientIdentity {
  readonly broker: Broker;
  /** An earlier run has let it in: no more than its names is known. */
  readonly isRecovered: boolean;
  /** As {@linkcode Transport.findObjection}. */
  readonly findPeerObjection: (() => string | null) | null;
}

/**
 * Whose the Wills are that wait for their delay: who loses the right to publish
 * while away must not have it done later. One at most for each session.
 */
export class WaitingWills {
  readonly #broker: Broker;
  readonly #authors = new Map<ClientSession, WillAuthor>();

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Who has left the Will of `session`; `undefined` if none waits. */
  authorOf(session: ClientSession): WillAuthor | undefined {
    return this.#authors.get(session);
  }

  /** The client of `connection` goes away, and its Will has to wait. */
  add(session: ClientSession, connection: Connection): void {
    const { clientIdentifier, userName, remoteAddress, listener } = connection;
    this.#authors.set(session, {
      ...{ clientIdentifier, userName, remoteAddress, listener },
      authorization: connection.authorization,
      broker: this.#broker,
      isRecovered: false,
      findPeerObjection: connection.transport.findObjection ?? null,
    });
  }

  /**
   * Takes the Will that an earlier run has left behind if it is known that its
   * client could not publish it now. Of a session without a known owner
   * nothing is known.
   */
  recover(session: ClientSession): void {
    const { clientIdentifier, owner } = session;
    if (session.will === null || owner === undefined) return;
    const author: WillAuthor = {
      ...{ clientIdentifier, userName: owner, remoteAddress: "" },
      authorization: null,
      broker: this.#broker,
      isRecovered: true,
      findPeerObjection: null,
    };
    this.#authors.set(session, author);
    this.#reviewRecovered(session, author);
  }

  /** The Will of `session` does not wait any more. */
  forget(session: ClientSession): void {
    this.#authors.delete(session);
  }

  /** The rules are others: finds out which Wills still are allowed. */
  reviewPermissions(
    findObjection: (client: ClientIdentity) => string | null,
  ): void {
    for (const [session, author] of [...this.#authors]) {
      if (author.isRecovered) {
        this.#reviewRecovered(session, author);
        continue;
      }
      const objection = findObjection(author);
      if (objection === null) reviewWill(session, author);
      else dropWill(session, author, `: ${objection}`);
    }
  }

  /** Takes the Wills of those whom a transport would not let in now. */
  reviewPeers(): void {
    for (const [session, author] of [...this.#authors]) {
      const objection = author.findPeerObjection?.() ?? null;
      if (objection !== null) dropWill(session, author, `: ${objection}`);
    }
  }

  #reviewRecovered(session: ClientSession, author: WillAuthor): void {
    const objection = findWillObjection(session, author);
    if (objection !== null) dropWill(session, author, `: ${objection}`);
  }
}
