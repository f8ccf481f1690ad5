import {
  ByteWriter,
  MqttError,
  type ProtocolVersion,
  ReasonCode,
} from "../codec/mod.ts";
import type { Session } from "../session/mod.ts";
import type { Broker } from "./broker.ts";
import { releaseIfDrained, relieveBackPressure } from "./back_pressure.ts";
import { pumpDeliveries } from "./deliver.ts";
import { writeDisconnect } from "./disconnect.ts";
import { nextPermissionStamp } from "./authorize.ts";
import type { ClientIdentity, ListenerScope, Transport } from "./interfaces.ts";
import { LatencyStamps } from "./latency_stamps.ts";
import type { Limits } from "./limits.ts";
import { Login } from "./login.ts";
import type { AcknowledgementQueue } from "./publish_acknowledgement.ts";
import type { RateLimit } from "./rate_limit.ts";
import { RefusalReports } from "./refusal_reports.ts";
import { receivePackets } from "./receive.ts";
import type { Timer } from "./timers.ts";
import type { Trace } from "./tracer.ts";

/** How long a closing connection may take to send what it still holds. */
const CLOSE_LINGER_MS = 2_000;

/** A session as the broker uses it. */
export type ClientSession = Session<Connection>;

export const ConnectionState = {
  /** CONNECT has not come. */
  awaitingConnect: 0,
  /** CONNECT came; the Authorizer has not answered. */
  authenticating: 1,
  connected: 2,
  closed: 3,
} as const;

/**
 * One Network Connection: what the protocol knows about it, its unsent output
 * and its end. What each packet does stands in the file of that packet.
 */
export class Connection implements ClientIdentity {
  readonly broker: Broker;
  readonly transport: Transport;
  /** Where it came in, with the limits in force. */
  readonly listener: ListenerScope;
  /**
   * The limits as they were when it was accepted. Its CONNECT is judged by
   * them, and what CONNACK tells of them holds for as long as it lasts; of all
   * others those of the listener hold.
   */
  readonly offered: Limits;
  readonly acceptedAtMs: number;
  state: number;
  /** As CONNECT names it. */
  protocolVersion: ProtocolVersion;
  session: ClientSession | null;
  clientIdentifier: string;
  userName: string | null;
  /** The Keep Alive in force; 0 is off [MQTT-3.1.2-22]. */
  keepAliveSeconds: number;
  lastReceivedMs: number;
  /** Until CONNECT the connect timeout, after that Keep Alive, after the end the linger. */
  timer: Timer | null;

  /** Unsettled QoS 1 and 2 deliveries it takes at once [MQTT-3.3.4-9]. */
  sendQuota: number;
  /**
   * QoS 2 messages that its session received before it and whose PUBREL had
   * not come: they are none of its Receive Maximum [MQTT-4.9.0-1]. Never more
   * than are open, which is all that is known once some have been released.
   */
  inheritedQos2Count: number;
  /** The largest packet it takes [MQTT-3.1.2-24]. */
  maximumPacketSizeBytes: number;
  /** Whether it wants Reason Strings [MQTT-3.1.2-29]. */
  requestsProblemInformation: boolean;
  /** Topic Aliases it has set: the Topic Name's bytes by alias [MQTT-3.3.2-12]. */
  inboundAliases: (Uint8Array | null)[] | null;
  /** Topic Aliases the broker has set, by Topic Name; `null` if it wants none. */
  outboundAliases: Map<string, number> | null;
  outboundAliasMaximum: number;

  /** Gathered since the last flush. */
  readonly output: ByteWriter;
  /** Bytes handed to the transport and not sent yet. */
  sendingBytes: number;
  #sending: Uint8Array | null;
  /** Whether it is in the broker's list of connections to flush. */
  isTouched: boolean;
  /** Deliveries wait for the output to drain. */
  isPumpDue: boolean;
  /** Deliveries were settled in the present batch of packets. */
  hasFreedPlaces: boolean;
  /** A search for retained messages goes on with the next timer. */
  isSearchScheduled: boolean;
  /** It does not take the answers to its own packets, and is held for it. */
  isHeldForOutput: boolean;
  /** It did not drain in time: its publishers wait for it no longer. */
  isSlow: boolean;
  /** Publishers paused for its sake. */
  waitingPublishers: Set<Connection> | null;
  graceTimer: Timer | null;
  /** The refusals that have been reported already. */
  reportedRefusals: RefusalReports | null;
  /** What the Authorizer has answered about the topics of the packet that waits. */
  decided: Map<string, boolean> | null;
  authorization: object | null;
  /** That of the CONNECT under way, or of the PUBLISH that waits. */
  trace: Trace | null;
  readonly login: Login;
  /** Bounds what it sends in a second; `null` if nothing does. */
  rateLimit: RateLimit | null;
  /** Marks the routes on which it may publish or receive; a new one makes them ask again. */
  permissionStamp: number;
  /** The Authorizer was asked whether it may receive, and has not answered. */
  isReceiveAwaited: boolean;
  /** The topic that this question was about last, and the answer. */
  askedReceiveTopic: string | null;
  mayReceiveAsked: boolean;
  /** Ends the connection when what the client has shown ends to hold. */
  credentialTimer: Timer | null;
  /** Other answers that wait for the store. */
  deferredCount: number;
  /** Acknowledgements that wait for the store; `null` while there never were any. */
  acknowledgements: AcknowledgementQueue | null;
  readonly latency: LatencyStamps;
  /** PUBLISH packets, and bytes of all packets, in both directions. */
  messagesReceived: number;
  messagesSent: number;
  bytesReceived: number;
  bytesSent: number;
  #holds: number;
  #isTransportClosed: boolean;

  constructor(broker: Broker, transport: Transport) {
    this.broker = broker;
    this.transport = transport;
    this.listener = transport.listener ?? broker;
    this.offered = this.listener.limits;
    this.acceptedAtMs = broker.nowMs;
    this.state = ConnectionState.awaitingConnect;
    this.protocolVersion = 5;
    this.session = null;
    this.clientIdentifier = "";
    this.userName = null;
    this.keepAliveSeconds = 0;
    this.lastReceivedMs = broker.nowMs;
    this.timer = null;
    this.sendQuota = 0;
    this.inheritedQos2Count = 0;
    this.maximumPacketSizeBytes = Infinity;
    this.requestsProblemInformation = true;
    this.inboundAliases = null;
    this.outboundAliases = null;
    this.outboundAliasMaximum = 0;
    this.output = new ByteWriter(undefined, broker.buffers);
    this.sendingBytes = 0;
    this.#sending = null;
    this.isTouched = false;
    this.isPumpDue = false;
    this.hasFreedPlaces = false;
    this.isSearchScheduled = false;
    this.isHeldForOutput = false;
    this.isSlow = false;
    this.waitingPublishers = null;
    this.graceTimer = null;
    this.reportedRefusals = null;
    this.decided = null;
    this.authorization = null;
    this.trace = null;
    this.login = new Login();
    this.rateLimit = null;
    this.permissionStamp = nextPermissionStamp();
    this.isReceiveAwaited = false;
    this.askedReceiveTopic = null;
    this.mayReceiveAsked = false;
    this.credentialTimer = null;
    this.deferredCount = 0;
    this.acknowledgements = null;
    this.latency = new LatencyStamps();
    this.messagesReceived = 0;
    this.messagesSent = 0;
    this.bytesReceived = 0;
    this.bytesSent = 0;
    this.#holds = 0;
    this.#isTransportClosed = false;
  }

  get remoteAddress(): string {
    return this.transport.remoteAddress;
  }

  get isVersion5(): boolean {
    return this.protocolVersion === 5;
  }

  get isClosed(): boolean {
    return this.state === ConnectionState.closed;
  }

  /** While true the transport must not read; it is told by `resume`. */
  get isHeld(): boolean {
    return this.#holds > 0;
  }

  /**
   * Whether a further QoS 1 or 2 message may be sent now [MQTT-3.3.4-9].
   * Deliveries that earlier connections left half done hold Packet
   * Identifiers too, so they are bounded as well.
   */
  get hasPlaceInFlight(): boolean {
    const { window } = this.session!;
    return window.open < this.sendQuota &&
      window.count < this.listener.limits.maximumInflightMessages;
  }

  /** Unsent bytes, those under way included. */
  get pendingBytes(): number {
    return this.output.length + this.sendingBytes;
  }

  /**
   * Handles every whole Control Packet in `bytes[start, end)` and returns
   * where the first incomplete one begins. The bytes are borrowed: nothing
   * refers to them afterwards. Packets stay in the buffer while the connection
   * is held; the transport calls again with them after `resume`.
   */
  receive(bytes: Uint8Array, start: number, end: number): number {
    return receivePackets(this, bytes, start, end);
  }

  /** Stops handling packets until {@linkcode release} was called as often. */
  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    if (this.#holds === 0 && !this.#isTransportClosed) this.transport.resume();
  }

  /** Has the broker flush this connection after the present batch. */
  touch(): void {
    if (this.isTouched) return;
    this.isTouched = true;
    this.broker.touched.push(this);
  }

  /** Hands all gathered output to the transport, unless a send is under way. */
  flush(): void {
    this.isTouched = false;
    const output = this.output;
    if (this.#sending !== null || output.length === 0) return;
    if (this.#isTransportClosed) {
      output.length = 0;
      return;
    }
    this.sendingBytes = output.length;
    this.#sending = output.take();
    this.latency.flushed();
    this.transport.send(this.#sending.subarray(0, this.sendingBytes));
  }

  /** The transport has sent what it was given. */
  sent(): void {
    if (this.#sending === null) return;
    this.broker.statistics.bytesSent += this.sendingBytes;
    this.bytesSent += this.sendingBytes;
    if (this.latency.isSending) {
      this.latency.sent(this.broker.statistics, this.broker.clock.nowMs());
    }
    this.broker.buffers.release(this.#sending);
    this.#sending = null;
    this.sendingBytes = 0;
    if (this.state === ConnectionState.closed) {
      if (this.output.length > 0) this.flush();
      else this.#closeTransport();
      return;
    }
    try {
      this.#goOnSending();
    } catch (error) {
      this.fail(error);
    }
  }

  /** There is room in the output again. */
  #goOnSending(): void {
    if (this.isPumpDue) {
      this.isPumpDue = false;
      this.broker.nowMs = this.broker.clock.nowMs();
      pumpDeliveries(this);
      this.broker.flushTouched();
    }
    this.flush();
    relieveBackPressure(this);
    releaseIfDrained(this);
  }

  /** The byte stream has ended; `error` says why if it broke. */
  transportClosed(error: unknown = null): void {
    this.#isTransportClosed = true;
    this.output.length = 0;
    this.broker.nowMs = this.broker.clock.nowMs();
    const missing = this.state === ConnectionState.awaitingConnect
      ? "CONNECT"
      : "DISCONNECT";
    this.#end(
      ReasonCode.unspecifiedError,
      error instanceof Error
        ? `network error: ${error.message}`
        : `closed by the client without ${missing}`,
    );
    this.broker.timers.cancel(this.timer);
    this.broker.flushTouched();
  }

  /**
   * Ends the connection from the server's side. A 5.0 client that has been
   * accepted gets DISCONNECT with `reasonCode` first [MQTT-4.13.1-1]. The
   * operator may learn more than the client.
   */
  close(reasonCode: number, cause: string, loggedCause = cause): void {
    if (this.state === ConnectionState.closed) return;
    if (this.state === ConnectionState.connected && this.isVersion5) {
      writeDisconnect(this, reasonCode, cause);
    }
    this.end(reasonCode, loggedCause);
  }

  /** Ends the connection without a further packet: what is gathered still goes out. */
  end(reasonCode: number, cause: string): void {
    if (this.state === ConnectionState.closed) return;
    this.#end(reasonCode, cause);
    this.flush();
    if (this.#sending === null) {
      this.#closeTransport();
    } else {
      this.timer = this.broker.timers.schedule(
        this.broker.nowMs + CLOSE_LINGER_MS,
        () => this.#closeTransport(),
      );
    }
  }

  /** @internal What is traced is over. */
  endTrace(reasonCode: number): void {
    this.trace?.end(reasonCode, -1);
    this.trace = null;
  }

  /** Tells the operator what was refused, once per `kind` and `topic`. */
  reportRefusal(kind: string, describe: () => string, topic = ""): void {
    this.reportedRefusals ??= new RefusalReports();
    if (!this.reportedRefusals.claim(kind, topic)) return;
    this.broker.observer.requestRefused(this, describe());
  }

  /** Turns an error thrown by a decoder or a handler into the end of the connection. */
  fail(error: unknown): void {
    if (error instanceof MqttError) {
      this.close(error.reasonCode, error.message);
      return;
    }
    this.broker.observer.internalError(this, error);
    this.close(ReasonCode.implementationSpecificError, "internal error");
  }

  #end(reasonCode: number, cause: string): void {
    const { state } = this;
    if (state === ConnectionState.closed) return;
    this.state = ConnectionState.closed;
    this.broker.timers.cancel(this.timer);
    this.timer = null;
    this.broker.timers.cancel(this.credentialTimer);
    this.rateLimit?.stop();
    this.inboundAliases = null;
    this.outboundAliases = null;
    relieveBackPressure(this);
    const hasLeft = this.#isTransportClosed;
    this.broker.connectionEnded(this, { state, hasLeft, reasonCode, cause });
  }

  #closeTransport(): void {
    this.broker.timers.cancel(this.timer);
    this.timer = null;
    if (this.#isTransportClosed) return;
    this.#isTransportClosed = true;
    this.transport.close();
  }
}
