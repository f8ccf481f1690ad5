import {
  MqttError,
  PacketType,
  ProtocolError,
  ReasonCode,
  writeAcknowledgement,
} from "../codec/mod.ts";
import { Fifo } from "./_fifo.ts";
import type { ClientClock } from "./clock.ts";
import type { Link } from "./link.ts";
import type { Payload, PublishOptions } from "./options.ts";
import { OutboundMessage } from "./outbound_message.ts";
import type { PacketIdentifiers } from "./packet_identifiers.ts";
import {
  Publication,
  PublicationState,
  PUBLISHED,
  type PublishResult,
} from "./publication.ts";
import { PublishSender } from "./publish_sender.ts";

const published = Promise.resolve(PUBLISHED);

/** The bounds of what waits to be sent, and the time. */
export interface OutboundSettings {
  readonly clock: ClientClock;
  readonly queueMaximumMessages: number;
  readonly queueMaximumBytes: number;
  readonly outboundTopicAliasMaximum: number;
}

/**
 * Messages to the server, in the order in which they were published: what is
 * unacknowledged, and what waits for the server's Receive Maximum
 * [MQTT-3.3.4-7] or for a connection. Outlives the connection with the
 * session.
 */
export class Outbound {
  readonly #settings: OutboundSettings;
  readonly #identifiers: PacketIdentifiers<unknown>;
  readonly #queue = new Fifo<Publication>();
  #queuedBytes = 0;
  /** What an earlier connection left unacknowledged. */
  readonly #resend = new Fifo<Publication>();
  /** Unacknowledged PUBLISH packets of the present connection. */
  #openCount = 0;
  #link: Link | null = null;
  #sender: PublishSender | null = null;

  constructor(
    settings: OutboundSettings,
    identifiers: PacketIdentifiers<unknown>,
  ) {
    this.#settings = settings;
    this.#identifiers = identifiers;
  }

  /**
   * Sends a message, or has it wait for its turn. The payload may change as
   * soon as this returns.
   * @throws {MqttError} As `OutboundMessage` does, with 0x97 if too much waits
   * already, or if the server would not take the message.
   */
  publish(
    topicName: string,
    payload: Payload,
    options: PublishOptions,
  ): Promise<PublishResult> {
    const { signal } = options;
    signal?.throwIfAborted();
    const nowMs = this.#settings.clock.nowMs();
    const message = new OutboundMessage(topicName, payload, options, nowMs);
    const refusal = this.#link?.limits.refusePublish(message) ?? null;
    if (refusal !== null) throw refusal;
    const mustWait = this.#queue.length > 0 || !this.#canSend();
    if (message.qos === 0 && !mustWait) {
      this.#sender!.write(message, nowMs);
      return published;
    }
    if (mustWait) this.#checkQueue(message);
    message.detach();
    const publication = new Publication(message, signal);
    if (mustWait) this.#enqueue(publication);
    else this.#send(publication);
    return publication.result;
  }

  /**
   * A connection was accepted. With the session everything unacknowledged is
   * due again, PUBREL first, in the order of before [MQTT-4.4.0-1]
   * [MQTT-4.6.0-1] [MQTT-4.6.0-4].
   */
  start(link: Link, isSessionPresent: boolean): void {
    this.#link = link;
    this.#sender = new PublishSender(
      link,
      this.#settings.outboundTopicAliasMaximum,
    );
    this.#openCount = 0;
    const unacknowledged = this.#unacknowledged();
    if (isSessionPresent) {
      for (const publication of unacknowledged) this.#resume(publication);
    } else {
      this.#renew(unacknowledged);
    }
    this.pump();
  }

  /** The connection has ended. */
  stop(): void {
    this.#link = null;
    this.#sender = null;
    this.#resend.drain();
  }

  /** The client has ended. */
  end(error: MqttError): void {
    for (const publication of this.#unacknowledged()) publication.reject(error);
    for (const publication of this.#queue.drain()) publication.reject(error);
  }

  /** Sends what waits, as far as the server and the output allow. */
  pump(): void {
    while (this.#canSend()) {
      const again = this.#resend.shift();
      if (again !== undefined) {
        this.#openCount++;
        again.isOpen = true;
        this.#write(again);
        continue;
      }
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#queuedBytes -= next.message.sizeBytes;
      // It may have been taken back.
      if (next.state === PublicationState.queued) this.#send(next);
    }
  }

  /** PUBACK: the exchange has ended. One that is not known changes nothing. */
  receivePuback(packetIdentifier: number, result: PublishResult): void {
    this.#settle(this.#find(packetIdentifier, 1), result);
  }

  /**
   * PUBREC: the end if it refuses, else answered with PUBREL
   * [MQTT-4.3.3-4], also when it is not known.
   */
  receivePubrec(packetIdentifier: number, result: PublishResult): void {
    const publication = this.#find(packetIdentifier, 2);
    if (result.reasonCode >= 0x80) return this.#settle(publication, result);
    let reasonCode: number = ReasonCode.packetIdentifierNotFound;
    if (publication !== undefined) {
      publication.received = result;
      publication.state = PublicationState.released;
      // Moved to the end: PUBREL goes in the order of PUBREC.
      this.#identifiers.delete(packetIdentifier);
      this.#identifiers.set(packetIdentifier, publication);
      reasonCode = ReasonCode.success;
    }
    this.#writePubrel(packetIdentifier, reasonCode);
  }

  /**
   * PUBCOMP: the exchange has ended, as PUBREC has said; 0x92 only tells that
   * the server knew the end already. One that is not known changes nothing.
   */
  receivePubcomp(packetIdentifier: number): void {
    const publication = this.#find(packetIdentifier, 2);
    if (publication?.state !== PublicationState.released) return;
    this.#settle(publication, publication.received);
  }

  /** Whether a message may go out now. */
  #canSend(): boolean {
    const link = this.#link;
    return link !== null && !link.isCongested &&
      this.#openCount < link.limits.sendQuota;
  }

  #unacknowledged(): Publication[] {
    const publications: Publication[] = [];
    for (const holder of this.#identifiers.values()) {
      if (holder instanceof Publication) publications.push(holder);
    }
    return publications;
  }

  #checkQueue({ sizeBytes }: OutboundMessage): void {
    const { queueMaximumMessages, queueMaximumBytes } = this.#settings;
    const { length } = this.#queue;
    if (
      length < queueMaximumMessages &&
      this.#queuedBytes + sizeBytes <= queueMaximumBytes
    ) return;
    throw new MqttError(
      `Cannot publish: ${length} messages of ${this.#queuedBytes} bytes wait ` +
        "to be sent already",
      ReasonCode.quotaExceeded,
    );
  }

  #enqueue(publication: Publication): void {
    this.#queue.push(publication);
    this.#queuedBytes += publication.message.sizeBytes;
  }

  /** Sends `publication` for the first time, unless it must not go out any more. */
  #send(publication: Publication): void {
    const { message } = publication;
    const refusal = this.#link!.limits.refusePublish(message);
    if (refusal !== null) {
      publication.reject(refusal);
    } else if (message.expiresAtMs <= this.#settings.clock.nowMs()) {
      publication.reject(
        new MqttError(
          "Cannot publish: the message expired before it could be sent",
          ReasonCode.implementationSpecificError,
        ),
      );
    } else {
      if (message.qos > 0) {
        message.packetIdentifier = this.#identifiers.take(publication);
        publication.state = PublicationState.published;
        publication.isOpen = true;
        this.#openCount++;
      }
      this.#write(publication);
    }
  }

  #write(publication: Publication): void {
    const { message } = publication;
    try {
      this.#sender!.write(message, this.#settings.clock.nowMs());
    } catch (error) {
      this.#forget(publication);
      publication.reject(error);
      return;
    }
    // Whenever it goes out again it is as a duplicate [MQTT-3.3.1-1].
    message.isDuplicate = true;
    if (message.qos === 0) publication.resolve(PUBLISHED);
  }

  /** The server has the session: what it has not acknowledged goes out again. */
  #resume(publication: Publication): void {
    publication.isOpen = false;
    if (publication.state === PublicationState.published) {
      this.#resend.push(publication);
    } else {
      this.#writePubrel(
        publication.message.packetIdentifier,
        ReasonCode.success,
      );
    }
  }

  /**
   * The server has forgotten the session. What it has not acknowledged goes
   * out again as new at QoS 1; at QoS 2 that could make two of it, so its
   * publisher is told; a PUBREC says that the server has taken it over.
   */
  #renew(publications: Publication[]): void {
    const waiting = this.#queue.drain();
    this.#queuedBytes = 0;
    for (const publication of publications) {
      publication.isOpen = false;
      this.#forget(publication);
      if (publication.state === PublicationState.released) {
        publication.resolve(publication.received);
      } else if (publication.message.qos === 2) {
        publication.reject(
          new MqttError(
            "Cannot tell how PUBLISH ended: the server has lost the session",
            ReasonCode.packetIdentifierNotFound,
          ),
        );
      } else {
        publication.state = PublicationState.queued;
        publication.message.isDuplicate = false;
        this.#enqueue(publication);
      }
    }
    for (const publication of waiting) this.#enqueue(publication);
  }

  #writePubrel(packetIdentifier: number, reasonCode: number): void {
    const link = this.#link!;
    writeAcknowledgement(
      link.output,
      PacketType.pubrel,
      packetIdentifier,
      reasonCode,
      link.protocolVersion,
    );
    link.flushSoon();
  }

  #find(packetIdentifier: number, qos: number): Publication | undefined {
    const found = this.#identifiers.get(packetIdentifier);
    if (!(found instanceof Publication)) return undefined;
    if (found.message.qos === qos) return found;
    throw new ProtocolError(
      "Cannot accept acknowledgement: the PUBLISH with Packet Identifier " +
        `${packetIdentifier} has QoS ${found.message.qos}`,
    );
  }

  #settle(publication: Publication | undefined, result: PublishResult): void {
    if (publication === undefined) return;
    this.#forget(publication);
    publication.resolve(result);
    this.pump();
  }

  #forget(publication: Publication): void {
    this.#identifiers.delete(publication.message.packetIdentifier);
    if (publication.isOpen) this.#openCount--;
    publication.isOpen = false;
  }
}
