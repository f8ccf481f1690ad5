/**
 * Who may connect, and what a client may do.
 * @module
 */
export { AllowAll } from "./allow_all.ts";
export { DecisionChain, linksOf } from "./decision_chain.ts";
export {
  explainDecision,
  type ExplainedQuestion,
  type Explanation,
} from "./explain_decision.ts";
export { FileError } from "./file_error.ts";
export { stopHashWorkers } from "./hashing/hash_workers.ts";
export { loadRules, ruleFiles, type RuleSurroundings } from "./load_rules.ts";
export {
  type CalledHook,
  type HookStatistics,
  type MessageCounts,
  type Misses,
  moduleFiles,
  type PluginHost,
  PluginNotifier,
  type PluginObserver,
  PluginSet,
  SILENT_PLUGIN_OBSERVER,
} from "./plugin/mod.ts";
export type {
  AccessController,
  AccessPass,
  AccessVerdict,
  AuthenticationVerdict,
  Authenticator,
  Rules,
} from "./verdict.ts";
