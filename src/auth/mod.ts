/**
 * Who may connect, and what a client may do.
 * @module
 */
export { AllowAll } from "./allow_all.ts";
export { DecisionChain } from "./decision_chain.ts";
export { FileError } from "./file_error.ts";
export { allowsAnonymous, loadRules, ruleFiles } from "./load_rules.ts";
export type {
  AccessController,
  AccessVerdict,
  AuthenticationVerdict,
  Authenticator,
  Rules,
} from "./verdict.ts";
