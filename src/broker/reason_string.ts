/** Enough to say what is wrong; a cause may quote 65,535 bytes of the client's own. */
const LONGEST_CHARACTERS = 250;

/** `cause` as a Reason String, cut short if need be. */
export function toReasonString(cause: string): string {
  if (cause.length <= LONGEST_CHARACTERS) return cause;
  // The cut may go through a surrogate pair.
  return cause.slice(0, LONGEST_CHARACTERS).toWellFormed() + "…";
}
