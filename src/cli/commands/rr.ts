import type { Command } from "../command.ts";
import { defineClient } from "../mosquitto/client_command.ts";
import { readQos } from "../mosquitto/connect_options.ts";
import {
  CLIENT_EXIT_CODE,
  ClientFailure,
  ClientUsageError,
} from "../mosquitto/errors.ts";
import { MessagePrinter } from "../mosquitto/message_printer.ts";
import { openClient } from "../mosquitto/open_client.ts";
import { readPayload, readPayloadMode } from "../mosquitto/payload.ts";
import { propertiesOf } from "../mosquitto/property_argument.ts";
import type { ClientArguments } from "../mosquitto/read_arguments.ts";
import { readTimeout, Reception } from "../mosquitto/reception.ts";
import { RR_OPTIONS } from "../mosquitto/spelling.ts";
import { readTarget } from "../mosquitto/target.ts";
import { checkTopicName } from "../mosquitto/topics.ts";
import type { Surroundings } from "../surroundings.ts";

/** `rqtt rr`: publishes a request and prints the response. */
export const command: Command = defineClient({
  name: "rr",
  summary: "send a request, print the response, spelt as mosquitto_rr is",
  usage: ["[options] -t TOPIC -e RESPONSE-TOPIC -m TEXT"],
  options: RR_OPTIONS,
  example: {
    purpose: "ask, and wait for five seconds",
    line: "rr -t lamp/get -e lamp/answer -m status -W 5",
  },
  act: requestResponse,
});

async function requestResponse(
  args: ClientArguments,
  surroundings: Surroundings,
): Promise<number> {
  const topicName = readTarget(args).topic ?? args.text("topic");
  const responseTopic = args.text("e");
  if (topicName !== undefined) checkTopicName(topicName, "publish");
  if (responseTopic !== undefined) checkTopicName(responseTopic, "response");
  const isGiven = readPayloadMode(args) !== undefined;
  if (topicName === undefined || responseTopic === undefined || !isGiven) {
    throw new ClientUsageError(
      "All of topic, message, and response topic must be supplied.",
    );
  }
  const qos = readQos(args);
  readTimeout(args);
  const printer = new MessagePrinter(args, surroundings);
  const properties = propertiesOf(args.properties, "publish");
  if (properties.responseTopic !== undefined) {
    throw new ClientFailure(
      "Error in PUBLISH properties: Duplicate response topic. It is the one " +
        "of -e.",
      CLIENT_EXIT_CODE.failure,
    );
  }
  const payload = await readPayload(args, surroundings.openInput);
  const opened = await openClient(args, {
    surroundings,
    protocolVersion: 5,
    isLasting: false,
  });
  const { client, protocolVersion } = opened;
  const reception = new Reception(opened, args, {
    surroundings,
    receive: (message) => {
      if (args.has("R") && message.isRetained) return true;
      printer.print(message);
      return false;
    },
  });
  try {
    const ended = reception.run();
    ended.catch(() => {});
    await client.subscribe(responseTopic, { qos });
    const { topicAlias: _alias, ...published } = properties;
    await client.publish(topicName, payload, {
      qos,
      ...protocolVersion === 5 && {
        properties: { ...published, responseTopic },
      },
    });
    return await ended;
  } finally {
    await opened.close(reception.reasonCode);
  }
}
