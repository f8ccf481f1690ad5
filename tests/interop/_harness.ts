import { assert, assertEquals } from "../_assert.ts";
import { type BrokerEnvironment, BrokerProcess } from "./_broker.ts";

/** What a test needs on the machine. */
export interface Requirement {
  /** Why this machine does not have it; `null` if it does. */
  readonly whyMissing: string | null;
}

/** What a test works with. */
export interface Surroundings {
  /** Where the broker listens, on 127.0.0.1. */
  readonly port: number;
  /** No other test uses this; good for topics and Client Identifiers. */
  readonly unique: string;
}

/** One test, with what it works with. */
export interface InteropTest<Context> {
  readonly name: string;
  readonly needs: readonly Requirement[];
  readonly run: (context: Context) => Promise<void>;
}

const ERROR_LINE = /^\S+ +error .*$/m;

/** Defines a test; if the machine lacks what it needs, it is ignored and says so. */
export function defineTest({ name, needs, run }: InteropTest<void>): void {
  const missing = new Set(needs.flatMap(({ whyMissing }) => whyMissing ?? []));
  Deno.test({
    name: missing.size === 0
      ? name
      : `${name} (skipped: ${[...missing].join(", ")})`,
    ignore: missing.size > 0,
    fn: () => run(),
  });
}

/**
 * Starts one broker for all tests of a file and returns how to define them.
 * When they are done it has to stop with exit code 0, without an error in its
 * log.
 */
export function brokerForTests(
  environment: BrokerEnvironment = {},
): (test: InteropTest<Surroundings>) => void {
  let broker: BrokerProcess | undefined;
  let count = 0;
  Deno.test.beforeAll(async () => {
    broker = await BrokerProcess.start(environment);
  });
  Deno.test.afterAll(async () => {
    // Called also when beforeAll has failed, which then says why.
    if (broker === undefined) return;
    await using stopping = broker;
    assertEquals(await stopping.stop("SIGTERM"), 0, stopping.log());
    assertEquals(
      ERROR_LINE.exec(stopping.log())?.[0],
      undefined,
      "the broker has logged an error",
    );
  });
  return ({ run, ...test }) => {
    const unique = `t${++count}`;
    defineTest({
      ...test,
      async run() {
        assert(broker, "the broker has not started");
        const { length } = broker.log();
        try {
          await run({ port: broker.port, unique });
        } catch (error) {
          console.error(`The broker's log:\n${broker.log().slice(length)}`);
          throw error;
        }
      },
    });
  };
}
