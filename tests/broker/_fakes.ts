import type { ConnectPacket } from "../../src/codec/mod.ts";
import type {
  Action,
  AuthenticationRequest,
  AuthenticationResult,
  Authorizer,
  ClientIdentity,
  Clock,
  Connection,
  Observer,
  OverLimit,
  Random,
} from "../../src/broker/mod.ts";

const START_MS = 1_700_000_000_000;
const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";

/** Time that passes only when the test says so. */
export class FakeClock implements Clock {
  #nowMs = START_MS;
  #alarmAtMs = Infinity;
  #onAlarm: () => void = () => {};

  nowMs(): number {
    return this.#nowMs;
  }

  /** When the alarm is due; `Infinity` while it is off. */
  get alarmAtMs(): number {
    return this.#alarmAtMs;
  }

  setAlarm(dueAtMs: number, callback: () => void): void {
    this.#alarmAtMs = dueAtMs;
    this.#onAlarm = callback;
  }

  /**
   * Lets `ms` pass, stopping at each alarm on the way: the alarm goes off at
   * the very time it is set to, then `afterAlarm` runs.
   */
  advance(ms: number, afterAlarm: () => void = () => {}): void {
    const endMs = this.#nowMs + ms;
    while (this.#alarmAtMs <= endMs) {
      this.#nowMs = Math.max(this.#nowMs, this.#alarmAtMs);
      this.#alarmAtMs = Infinity;
      this.#onAlarm();
      afterAlarm();
    }
    this.#nowMs = endMs;
  }
}

/** The same numbers for the same seed (the generator mulberry32). */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** At least 0, below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** At least 0, below `bound`. */
  integer(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  text(length: number): string {
    let text = "";
    while (text.length < length) text += ALPHABET[this.integer(36)];
    return text;
  }
}

/** One call of the {@linkcode Observer}. */
export interface Observation {
  readonly kind:
    | "connected"
    | "disconnected"
    | "abandoned"
    | "refused"
    | "request refused"
    | "slow"
    | "subscribed"
    | "unsubscribed";
  readonly clientIdentifier: string;
  /** 0 where the call has none. */
  readonly reasonCode: number;
  readonly cause: string;
}

/** Writes down what it is told. */
export class RecordingObserver implements Observer {
  readonly observations: Observation[] = [];
  readonly internalErrors: unknown[] = [];
  readonly overLimit: OverLimit[] = [];

  clientConnected(connection: Connection, _connect: ConnectPacket): void {
    this.#note("connected", connection, 0, "");
  }

  clientDisconnected(
    connection: Connection,
    reasonCode: number,
    cause: string,
  ): void {
    this.#note("disconnected", connection, reasonCode, cause);
  }

  connectionOverLimit(refusal: OverLimit): void {
    this.overLimit.push(refusal);
  }

  connectionAbandoned(connection: Connection, cause: string): void {
    this.#note("abandoned", connection, 0, cause);
  }

  connectionRefused(
    connection: Connection,
    reasonCode: number,
    cause: string,
  ): void {
    this.#note("refused", connection, reasonCode, cause);
  }

  requestRefused(client: ClientIdentity, cause: string): void {
    this.#note("request refused", client, 0, cause);
  }

  clientSlow(connection: Connection): void {
    this.#note("slow", connection, 0, "");
  }

  subscriptionMade(
    connection: Connection,
    topicFilter: string,
    maximumQos: number,
  ): void {
    this.#note("subscribed", connection, maximumQos, topicFilter);
  }

  subscriptionEnded(connection: Connection, topicFilter: string): void {
    this.#note("unsubscribed", connection, 0, topicFilter);
  }

  internalError(_connection: Connection | null, error: unknown): void {
    this.internalErrors.push(error);
  }

  ofKind(kind: Observation["kind"]): Observation[] {
    return this.observations.filter((observation) => observation.kind === kind);
  }

  #note(
    kind: Observation["kind"],
    { clientIdentifier }: ClientIdentity,
    reasonCode: number,
    cause: string,
  ): void {
    this.observations.push({ kind, clientIdentifier, reasonCode, cause });
  }
}

/** A question that {@linkcode TestAuthorizer.decide} was asked. */
export interface Question {
  readonly action: Action;
  readonly topic: string;
}

/** Allows everything but what the test tells it otherwise. */
export class TestAuthorizer implements Authorizer {
  /** The answer to each CONNECT; `null` keeps it waiting. */
  authentication: AuthenticationResult | null = { reasonCode: 0 };
  /** Whether it is asked about "receive"; `explain` then names the rule. */
  receiveControl: "none" | "once" | "always" = "none";
  /** The CONNECTs seen, oldest first. */
  readonly requests: AuthenticationRequest[] = [];
  /** What it was asked to decide, oldest first. */
  readonly questions: Question[] = [];
  /** Why nobody may publish the Will of a client that an earlier run let in. */
  willObjection: string | null = null;
  readonly #rules = new Map<string, boolean | null>();
  #waitingClients: ((result: AuthenticationResult) => void)[] = [];
  #waitingQuestions: {
    question: Question;
    answer: (isAllowed: boolean) => void;
  }[] = [];

  authenticate(
    request: AuthenticationRequest,
  ): AuthenticationResult | Promise<AuthenticationResult> {
    this.requests.push(request);
    if (this.authentication !== null) return this.authentication;
    return new Promise((resolve) => this.#waitingClients.push(resolve));
  }

  lookup(
    _client: ClientIdentity,
    action: Action,
    topic: string,
  ): boolean | null {
    const answer = this.#rules.get(`${action} ${topic}`);
    return answer === undefined ? true : answer;
  }

  decide(
    _client: ClientIdentity,
    action: Action,
    topic: string,
  ): Promise<boolean> {
    const question = { action, topic };
    this.questions.push(question);
    return new Promise((answer) =>
      this.#waitingQuestions.push({ question, answer })
    );
  }

  findWillObjection(): string | null {
    return this.willObjection;
  }

  /** What the next lookups answer; `null`: it is not known. */
  rule(action: Action, topic: string, answer: boolean | null): void {
    this.#rules.set(`${action} ${topic}`, answer);
  }

  /** Lets every CONNECT that waits in, or not. */
  answerClients(result: AuthenticationResult): void {
    for (const resolve of this.#waitingClients) resolve(result);
    this.#waitingClients = [];
  }

  /**
   * Answers every `decide` that waits as `rule` says: what is still not known
   * by then is denied.
   */
  answerQuestions(): void {
    for (
      const { question: { action, topic }, answer } of this.#waitingQuestions
    ) {
      answer(this.#rules.get(`${action} ${topic}`) === true);
    }
    this.#waitingQuestions = [];
  }
}
