import type { Broker, Connection, Transport } from "../../src/broker/mod.ts";

/** Filler around and in place of bytes that the broker must not look at. */
const FILLER = 0xff;

/**
 * What is going to happen next: sends that complete, reads that go on. It runs
 * in the order of arrival unless somebody takes the tasks out in another one.
 */
export class Tasks {
  readonly #tasks: (() => void)[] = [];

  get count(): number {
    return this.#tasks.length;
  }

  add(task: () => void): void {
    this.#tasks.push(task);
  }

  /** Takes one task out, the oldest unless told otherwise, and runs it. */
  runOne(index = 0): void {
    const [task] = this.#tasks.splice(index, 1);
    task?.();
  }

  /** Runs tasks, and what they add, until none is left. */
  run(): void {
    while (this.#tasks.length > 0) this.runOne();
  }
}

/**
 * A byte stream that ends in memory. It is as strict as a real one allows: it
 * throws when the broker breaks the contract of {@linkcode Transport}, and
 * spoils received bytes once they are handled, so that whoever keeps borrowed
 * bytes is found out.
 */
export class MemoryTransport implements Transport {
  readonly remoteAddress: string;
  /** The broker's end; `null` if it did not accept. */
  readonly connection: Connection | null;
  /** Gets a copy of the bytes of each completed send. */
  onBytes: (bytes: Uint8Array) => void = () => {};
  /** The broker has closed it. */
  isClosed = false;
  readonly #tasks: Tasks;
  #inbox = new Uint8Array(0);
  #sending: Uint8Array | null = null;
  #isStuck = false;
  /** The broker was told of the end. */
  #hasEnded = false;

  constructor(broker: Broker, tasks: Tasks, remoteAddress: string) {
    this.remoteAddress = remoteAddress;
    this.#tasks = tasks;
    this.connection = broker.accept(this);
  }

  /** While true the peer takes nothing: a send that is under way stays so. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  set isStuck(isStuck: boolean) {
    this.#isStuck = isStuck;
    if (!isStuck && this.#sending !== null) this.#completeLater();
  }

  /** Received bytes that the broker has not handled yet. */
  get unreadBytes(): number {
    return this.#inbox.length;
  }

  send(bytes: Uint8Array): void {
    if (this.isClosed) throw new Error("send after close");
    if (this.#sending !== null) throw new Error("two sends at the same time");
    if (bytes.length === 0) throw new Error("send of nothing");
    this.#sending = bytes;
    if (!this.#isStuck) this.#completeLater();
  }

  resume(): void {
    if (this.connection?.isHeld) throw new Error("resume while held");
    this.#tasks.add(() => this.#read());
  }

  close(): void {
    if (this.isClosed) throw new Error("closed twice");
    this.isClosed = true;
    this.#tasks.add(() => this.end());
  }

  /** Bytes arrive from the peer; the broker reads them when the tasks run. */
  deliver(bytes: Uint8Array): void {
    const inbox = new Uint8Array(this.#inbox.length + bytes.length);
    inbox.set(this.#inbox);
    inbox.set(bytes, this.#inbox.length);
    this.#inbox = inbox;
    this.#tasks.add(() => this.#read());
  }

  /** The byte stream ends: closed by either side, or broken if `error` says so. */
  end(error: unknown = null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.isClosed = true;
    this.#sending = null;
    this.connection?.transportClosed(error);
  }

  /** The bytes are taken as they are now: the broker must not have touched them. */
  #completeLater(): void {
    this.#tasks.add(() => {
      if (this.#sending === null || this.#isStuck) return;
      const bytes = this.#sending.slice();
      this.#sending = null;
      this.onBytes(bytes);
      this.connection?.sent();
    });
  }

  #read(): void {
    const { connection } = this;
    if (connection === null || this.isClosed || connection.isHeld) return;
    const length = this.#inbox.length;
    if (length === 0) return;
    const buffer = new Uint8Array(length + 2).fill(FILLER);
    buffer.set(this.#inbox, 1);
    const handledEnd = connection.receive(buffer, 1, length + 1);
    buffer.fill(FILLER);
    if (handledEnd < 1 || handledEnd > length + 1) {
      throw new Error(`receive returned ${handledEnd} of ${length} bytes`);
    }
    this.#inbox = this.#inbox.slice(handledEnd - 1);
  }
}
