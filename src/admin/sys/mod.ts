/**
 * `$SYS/broker/…`: what Mosquitto tells of itself.
 * @module
 */
export { SysPublisher } from "./publisher.ts";
