import type { CertificateIdentity, ListenerScope } from "../broker/mod.ts";
import type { ByteStream } from "./byte_stream.ts";
import { ReadWindow } from "./read_window.ts";

/**
 * A connection on its way to the broker. The steps of its listener change it:
 * one puts a stream on top of the stream, another corrects the address.
 */
export class Arrival {
  stream: ByteStream;
  /** For logs and limits; a proxy may tell another one than the stream. */
  remoteAddress: string;
  /** What has been read and no step has used. */
  readonly window = new ReadWindow();
  /** Who the peer is by its verified certificate. */
  certificateIdentity: CertificateIdentity | null = null;
  /** Stands over the user name in CONNECT. */
  userName: string | null = null;
  /** As that of a {@linkcode Transport}. */
  findObjection: (() => string | null) | null = null;
  /** What serves it in place of the broker. */
  service: Service | null = null;

  /** Where it came in. */
  readonly listener: ListenerScope | null;

  constructor(stream: ByteStream, listener: ListenerScope | null = null) {
    this.stream = stream;
    this.listener = listener;
    this.remoteAddress = stream.remoteAddress;
  }
}

/** Serves a connection that is not for the broker. */
export interface Service {
  /** Resolves when the connection has ended; never rejects. */
  serve(): Promise<void>;
  /** Ends it soon: the listener closes. */
  close(): void;
}

/**
 * One thing that has to happen before the broker sees a connection. Resolves
 * to false if it is over: answered, and not MQTT.
 * @throws {PeerError} If the peer breaks the rules of the step.
 */
export type Step = (arrival: Arrival) => Promise<boolean>;
