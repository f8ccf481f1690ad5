/**
 * Session State: subscriptions, in-flight windows, Packet Identifiers,
 * queues and expiry. Pure: time arrives as arguments.
 * @module
 */
export { Delivery, DeliveryState } from "./delivery.ts";
export { DeliveryQueue } from "./delivery_queue.ts";
export { InflightWindow } from "./inflight_window.ts";
export {
  Message,
  type MessageHead,
  MessageSlab,
  NEVER,
  type Waiting,
} from "./message.ts";
export {
  type RetainedReplay,
  Session,
  SESSION_NEVER_EXPIRES,
  type Will,
} from "./session.ts";
