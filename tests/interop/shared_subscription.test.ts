import { assert, assertEquals } from "../_assert.ts";
import { ALL_CLIENTS } from "./_all_clients.ts";
import { openAll, type Publication } from "./_client.ts";
import { brokerForTests } from "./_harness.ts";
import { mqttJs } from "./_mqttjs.ts";

const test = brokerForTests();

const MEMBER_COUNT = 3;
const MESSAGE_COUNT = 30;

for (const client of ALL_CLIENTS) {
  test({
    name: `${client.name} shares a subscription: each message goes to one ` +
      "member, each member has its turn",
    needs: [client],
    async run({ port, unique }) {
      await using stack = new AsyncDisposableStack();
      const members = await openAll(
        stack,
        Array.from({ length: MEMBER_COUNT }, () =>
          client.subscribe({
            port,
            version: 5,
            topicFilters: [`$share/workers/${unique}/jobs`, `${unique}/end`],
          })),
      );
      const jobs = Array.from({ length: MESSAGE_COUNT }, (_, i) => `${i}`);
      const publications: Publication[] = jobs.map((payload) => ({
        topicName: `${unique}/jobs`,
        payload,
        qos: 1,
      }));
      publications.push({ topicName: `${unique}/end`, payload: "", qos: 1 });
      await mqttJs.publish({ port, version: 5, publications });

      const done: number[] = [];
      for (const member of members) {
        const { length } = done;
        for (;;) {
          const { topicName, payload } = await member.next();
          if (topicName === `${unique}/end`) break;
          done.push(Number(payload));
        }
        assert(done.length > length, "a member has got nothing");
      }
      assertEquals(done.sort((a, b) => a - b), jobs.map(Number));
    },
  });
}
