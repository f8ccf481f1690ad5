import { ReasonCode, reasonName } from "../../codec/mod.ts";
import { ProblemError } from "../problem.ts";

/** The status for what the broker says no with; 503 for anything else. */
const STATUSES: Readonly<Record<number, number>> = {
  [ReasonCode.notAuthorized]: 403,
  [ReasonCode.banned]: 403,
  [ReasonCode.topicFilterInvalid]: 400,
  [ReasonCode.topicNameInvalid]: 400,
  [ReasonCode.packetTooLarge]: 413,
  [ReasonCode.quotaExceeded]: 507,
  [ReasonCode.payloadFormatInvalid]: 400,
  [ReasonCode.retainNotSupported]: 400,
  [ReasonCode.qosNotSupported]: 400,
  [ReasonCode.malformedPacket]: 400,
  [ReasonCode.protocolError]: 400,
  [ReasonCode.sharedSubscriptionsNotSupported]: 400,
  [ReasonCode.wildcardSubscriptionsNotSupported]: 400,
};

const REMEDIES: Readonly<Record<number, string>> = {
  400: "correct what the reason names",
  403: "give the user of the token that right, see auth in the configuration",
  413: "send less, or raise limits.max_packet_size",
  503: "try again later, see the log",
  507: "see limits in the configuration, and the log for a store that fails",
};

/** What MQTT answers as an answer of HTTP. */
export function refusalOf(reasonCode: number, action: string): ProblemError {
  const status = STATUSES[reasonCode] ?? 503;
  const code = `0x${reasonCode.toString(16).padStart(2, "0")}`;
  return new ProblemError({
    status,
    title: "Refused by the broker",
    detail: `${action} is refused with ${code} ${reasonName(reasonCode)}`,
    remedy: REMEDIES[status],
  });
}
