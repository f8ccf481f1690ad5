import { assert } from "../../_assert.ts";
import {
  type Client,
  connect,
  type ConnectOptions,
} from "../../../src/client/mod.ts";
import { beforeDeadline } from "../../interop/_deadline.ts";
import { defineTest } from "../../interop/_harness.ts";
import { type Scheme, type Target, TargetProcess } from "./_target.ts";
import { TARGETS } from "./_targets.ts";

/** What a test works with. */
export interface Surroundings {
  readonly broker: TargetProcess;
  /** Where that came from: for a test that needs one of its own. */
  readonly target: Target;
  /** No other test uses this; good for topics and Client Identifiers. */
  readonly unique: string;
  /** Connects over `scheme`; trusts the broker's certificate. */
  connect(scheme: Scheme, options?: ConnectOptions): Promise<Client>;
}

/**
 * Starts each broker once for all tests of a file, and returns how to define
 * them: each test is run with every broker.
 */
export function brokersForTests(): (
  name: string,
  run: (surroundings: Surroundings) => Promise<void>,
) => void {
  const running = new Map<string, TargetProcess>();
  let count = 0;
  Deno.test.beforeAll(async () => {
    for (const target of TARGETS) {
      if (target.whyMissing !== null) continue;
      running.set(target.name, await TargetProcess.start(target));
    }
  });
  Deno.test.afterAll(async () => {
    for (const process of running.values()) {
      await process[Symbol.asyncDispose]();
    }
  });
  return (name, run) => {
    for (const target of TARGETS) {
      const unique = `t${++count}`;
      defineTest({
        name: `${target.name}: ${name}`,
        needs: [target],
        async run() {
          const broker = running.get(target.name);
          assert(broker, "the broker has not started");
          const ended = run({
            broker,
            target,
            unique,
            connect: (scheme, options) =>
              connect(broker.url(scheme), {
                tls: { caCertificates: [broker.certificates.authority] },
                ...options,
              }),
          });
          await beforeDeadline(ended, "the test to end");
        },
      });
    }
  };
}
