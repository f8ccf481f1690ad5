import type { Properties } from "../codec/mod.ts";
import { onAbort } from "./_abort.ts";
import type { OutboundMessage } from "./outbound_message.ts";

/** How the server has answered a message. */
export interface PublishResult {
  /**
   * Of PUBACK or PUBREC; 0x00 at QoS 0 and before MQTT 5.0.
   * From 0x80 on the server has not taken the message.
   */
  readonly reasonCode: number;
  readonly reasonString?: string;
  readonly userProperties?: Properties["userProperties"];
}

/** Of a message that nothing is known about but that it has gone out. */
export const PUBLISHED: PublishResult = Object.freeze({ reasonCode: 0 });

/** Where a {@linkcode Publication} stands. */
export const PublicationState = {
  /** It waits, and can still be taken back. */
  queued: 0,
  /** PUBLISH was sent; PUBACK or PUBREC is due. */
  published: 1,
  /** PUBREC came; PUBCOMP is due. */
  released: 2,
  settled: 3,
} as const;

/** A message on its way to the server, and the promise of how it ends. */
export class Publication {
  readonly message: OutboundMessage;
  /** Resolves at the end of the exchange; at QoS 0 when it is sent. */
  readonly result: Promise<PublishResult>;
  state: number = PublicationState.queued;
  /** Whether it counts against the server's Receive Maximum. */
  isOpen = false;
  /** What PUBREC said. */
  received = PUBLISHED;
  #resolve!: (result: PublishResult) => void;
  #reject!: (reason: unknown) => void;
  #stopListening: (() => void) | undefined;

  constructor(message: OutboundMessage, signal: AbortSignal | undefined) {
    this.message = message;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#stopListening = signal && onAbort(signal, () => {
      if (this.state === PublicationState.queued) {
        this.state = PublicationState.settled;
      }
      this.#reject(signal.reason);
    });
  }

  /** The exchange has ended. */
  resolve(result: PublishResult): void {
    this.state = PublicationState.settled;
    this.#stopListening?.();
    this.#resolve(result);
  }

  /** The exchange will not end as it should. */
  reject(reason: unknown): void {
    this.state = PublicationState.settled;
    this.#stopListening?.();
    this.#reject(reason);
  }
}
