import { BrokerUnderTest, canProvide, type Requirements } from "./_broker.ts";
import { type Case, eachCase } from "./_cases.ts";

/**
 * A test of statements of the standard against a broker over TCP. `name` is
 * a sentence with the labels of the statements that it holds.
 */
export function conformance(
  name: string,
  run: (broker: BrokerUnderTest) => Promise<void>,
  requirements: Requirements = {},
): void {
  Deno.test({
    name,
    ignore: !canProvide(requirements),
    async fn() {
      const broker = await BrokerUnderTest.start(requirements);
      try {
        await run(broker);
      } finally {
        await broker.stop();
      }
    },
  });
}

/**
 * A test of what RQTT does where the standard leaves more than one way, as
 * CHOICES.md has it.
 */
export function choice(
  name: string,
  run: (broker: BrokerUnderTest) => Promise<void>,
  requirements: Requirements = {},
): void {
  conformance(name, run, { isChoice: true, ...requirements });
}

/** Tests that each CONNECT of `cases` is refused with one of `reasonCodes`. */
export function refusesConnect(
  name: string,
  cases: readonly Case<Uint8Array>[],
  reasonCodes: readonly number[] = [0x81],
): void {
  conformance(name, async (broker) => {
    await eachCase(cases, async (bytes) => {
      const client = await broker.open();
      await client.send(bytes);
      await client.expectRefused(...reasonCodes);
    });
  });
}
