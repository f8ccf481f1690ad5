/**
 * A received QoS 1 or 2 message, from its PUBLISH until PUBACK is sent or
 * PUBREL has come.
 */
export class Receipt {
  readonly packetIdentifier: number;
  readonly qos: number;
  /** Streams that still have the message or work on it; then it is answered. */
  holderCount: number;
  /** Whether it waits in line to be answered on the present connection. */
  isInLine: boolean;
  /** Whether it counts against the Receive Maximum of the present connection. */
  isOpen: boolean;
  /** QoS 2: PUBREC was sent, on this or an earlier connection. */
  isAnswered: boolean;

  constructor(packetIdentifier: number, qos: number) {
    this.packetIdentifier = packetIdentifier;
    this.qos = qos;
    this.holderCount = 0;
    this.isInLine = false;
    this.isOpen = false;
    this.isAnswered = false;
  }
}
