/**
 * Who may connect, and what a client may do.
 * @module
 */
export { AllowAll } from "./allow_all.ts";
