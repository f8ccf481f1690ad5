/** The broker broke a rule. */
export class SimulationFailure extends Error {
  override name = "SimulationFailure";
}

/** Holds `condition`, or ends the run with what is wrong. */
export function hold(
  condition: boolean,
  complaint: () => string,
): asserts condition {
  if (!condition) throw new SimulationFailure(complaint());
}
