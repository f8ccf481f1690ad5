/**
 * Where sessions and messages are kept.
 * @module
 */
export { MemoryStore } from "./memory.ts";
