/** What the process tells who started it. */
export const EXIT_CODE = {
  fine: 0,
  failure: 1,
  usage: 2,
  configuration: 3,
} as const;

/** One of {@linkcode EXIT_CODE}. */
export type ExitCode = typeof EXIT_CODE[keyof typeof EXIT_CODE];
