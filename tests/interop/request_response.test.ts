import { assertEquals } from "../_assert.ts";
import { Child, outputOf } from "./_child.ts";
import { describeClient, type Publication } from "./_client.ts";
import { brokerForTests } from "./_harness.ts";
import { mosquitto } from "./_mosquitto.ts";
import { connectionArguments } from "./_mosquitto_arguments.ts";
import { mqttJs } from "./_mqttjs.ts";

const test = brokerForTests();

const mosquittoRr = {
  whyMissing: outputOf("sh", ["-c", "command -v mosquitto_rr"]) === null
    ? "mosquitto_rr is not installed"
    : null,
};

for (const version of [4, 5] as const) {
  test({
    name: `mosquitto_rr gets the answer of ${describeClient(mqttJs, version)}` +
      (version === 5 ? " [MQTT-3.3.2-15] [MQTT-3.3.2-16]" : ""),
    needs: [mosquitto, mosquittoRr],
    async run({ port, unique }) {
      const answers: string[] = [];
      await using responder = await mqttJs.subscribe({
        port,
        version,
        topicFilters: [`${unique}/request`],
      });
      await using requester = new Child({
        command: "mosquitto_rr",
        args: [
          ...connectionArguments({ port, version }),
          ...["-t", `${unique}/request`, "-e", `${unique}/answer`],
          ...["-m", "6 x 7", "-q", "1", "-F", "ANSWER %p %D"],
          ...(version === 5 ? ["-D", "publish", "correlation-data", "#1"] : []),
        ],
        onLine: (line) => {
          const answer = /^ANSWER (.*)$/.exec(line)?.[1];
          if (answer !== undefined) answers.push(answer.trim());
        },
      });
      const request = await responder.next();
      assertEquals(request.payload, "6 x 7");
      const { responseTopic, correlationData } = request.properties;
      assertEquals(
        responseTopic,
        version === 5 ? `${unique}/answer` : undefined,
      );
      const answer: Publication = {
        topicName: responseTopic ?? `${unique}/answer`,
        payload: "42",
        qos: 1,
        ...(version === 5 && { properties: { correlationData } }),
      };
      await mqttJs.publish({ port, version, publications: [answer] });
      assertEquals((await requester.finished()).code, 0);
      assertEquals(answers, [version === 5 ? "42 #1" : "42"]);
    },
  });
}
