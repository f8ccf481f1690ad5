import { type Packet, PacketType } from "../../../src/codec/mod.ts";
import { assertEquals } from "../../_assert.ts";
import { CaptureServer } from "./_capture.ts";
import {
  type ClientName,
  HAS_MOSQUITTO_CLIENTS,
  runOurs,
  runTheirs,
} from "./_clients.ts";

/** A command line, PORT for the port; INPUT is what stands on standard input. */
type Row = readonly [name: ClientName, args: string, input?: string];

/** Every option that changes what is sent. */
const ROWS: readonly Row[] = [
  ["pub", "-t a -m hello"],
  ["pub", "--topic a --message hello"],
  ["pub", "-h localhost -t a -m x"],
  ["pub", "-t a -m -5"],
  ["pub", "-t a -m x -q 1"],
  ["pub", "-t a -m x --qos 2"],
  ["pub", "-t a -m x -r"],
  ["pub", "-t a -m x --retain -q 1 -V 5"],
  ["pub", "-t a -n"],
  ["pub", "-t a --null-message -r"],
  ["pub", "-t a -s", "all\nof it\n"],
  ["pub", "-t a --stdin-file", "x"],
  ["pub", "-t a -l", "one\r\n\nthree\n last "],
  ["pub", "-t a --stdin-line -q 1", "one\ntwo\n"],
  ["pub", "-t a -l", ""],
  ["pub", "-t a -f FILE"],
  ["pub", "-t a --file FILE"],
  ["pub", "-t a -m x --repeat 3 -q 1"],
  ["pub", "-t a -m x --repeat 2 --repeat-delay 0.01 -q 1"],
  ["pub", "-t a -m x -M 1 -q 1 --repeat 3"],
  ["pub", "-t a -m x -i me"],
  ["pub", "-t a -m x --id me"],
  ["pub", "-t a -m x -u user"],
  ["pub", "-t a -m x -u user -P secret"],
  ["pub", "-t a -m x --username user --pw secret"],
  ["pub", "-t a -m x -P secret -V 5"],
  ["pub", "-t a -m x -k 17"],
  ["pub", "-t a -m x --keepalive 17"],
  ["pub", "-t a -m x -c -i me"],
  ["pub", "-t a -m x -c -i me -V 5"],
  ["pub", "-t a -m x --disable-clean-session --id me -V mqttv5 -x 60"],
  ["pub", "-t a -m x -x 60 -V 5"],
  ["pub", "-t a -m x -x -1 -V 5 -i me"],
  ["pub", "-t a -m x -x ∞ -V 5 -i me"],
  ["pub", "-t a -m x -x 60"],
  ["pub", "-t a -m x -V 31 -i me"],
  ["pub", "-t a -m x -V mqttv31 -i me"],
  ["pub", "-t a -m x -V 311"],
  ["pub", "-t a -m x -V mqttv311"],
  ["pub", "-t a -m x -V 5"],
  ["pub", "-t a -m x --protocol-version mqttv5"],
  ["pub", "-t a -m x --nodelay --quiet"],
  ["pub", "-t a -m x --will-topic w"],
  ["pub", "-t a -m x --will-topic w --will-payload gone"],
  [
    "pub",
    "-t a -m x --will-topic w --will-payload gone --will-qos 2 --will-retain",
  ],
  ["pub", "-t a -m x -D publish content-type text/plain"],
  ["pub", "-t a -m x --property PUBLISH response-topic r"],
  ["pub", "-t a -m x -D publish correlation-data abc"],
  ["pub", "-t a -m x -D publish message-expiry-interval 70"],
  ["pub", "-t a -m x -D publish payload-format-indicator 1"],
  ["pub", "-t a -m x -D publish topic-alias 1"],
  [
    "pub",
    "-t a -m x -D publish user-property k v -D publish user-property k w",
  ],
  ["pub", "-t a -m x -D connect user-property k v"],
  ["pub", "-t a -m x -D connect session-expiry-interval 9"],
  ["pub", "-t a -m x -D connect topic-alias-maximum 9"],
  ["pub", "-t a -m x -D connect request-response-information 1"],
  [
    "pub",
    "-t a -m x -D connect authentication-method m -D connect authentication-data d",
  ],
  ["pub", "-t a -m x -V 5 -x 9 -D disconnect session-expiry-interval 7"],
  ["pub", "-t a -m x -D disconnect user-property k v"],
  ["pub", "-t a -m x --will-topic w -D will content-type text/plain"],
  ["pub", "-t a -m x --will-topic w -D will will-delay-interval 5"],
  ["pub", "-t a -m x --will-topic w -D will message-expiry-interval 5"],
  ["pub", "-t a -m x --will-topic w -D will payload-format-indicator 1"],
  ["pub", "-t a -m x --will-topic w -D will response-topic r"],
  ["pub", "-t a -m x --will-topic w -D will correlation-data c"],
  ["pub", "-t a -m x --will-topic w -D will user-property k v"],
  ["pub", "-L mqtt://localhost:PORT/a/b -m x"],
  ["pub", "-L mqtt://user:secret@localhost:PORT/a -m x"],
  ["pub", "--url mqtt://user@localhost:PORT/a%20b -m x"],
  ["sub", "-t a -E"],
  ["sub", "--topic a -t b/# -t +/c -E"],
  ["sub", "-t a -E -q 1"],
  ["sub", "-t a -E --qos 2 -V 5"],
  ["sub", "-t $share/g/a -E"],
  ["sub", "--topic a -U b -U c/# -E"],
  ["sub", "-t a -U b -E -V 5"],
  ["sub", "-t a -E --retain-as-published"],
  ["sub", "-t a -E --retain-as-published -V 5"],
  ["sub", "-t a -E -D subscribe user-property k v"],
  ["sub", "-t a -E -D subscribe subscription-identifier 7"],
  ["sub", "-t a -U b -E -D unsubscribe user-property k v"],
  ["sub", "-t a -E -c -i me"],
  ["sub", "-t a -E -c -i me -V 5"],
  ["sub", "-t a -E --will-topic w --will-payload gone"],
  ["sub", "-L mqtt://localhost:PORT/a/+ -t b -E"],
];

Deno.test({
  name: "rqtt pub and sub send the packets that Mosquitto's clients send",
  ignore: !HAS_MOSQUITTO_CLIENTS,
  async fn(test) {
    await using server = CaptureServer.listen();
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, "what the\nfile holds");
    for (const [name, line, input] of ROWS) {
      await test.step(`${name} ${line}`, async () => {
        const port = String(server.port);
        const args = line.split(" ").map((word) =>
          word === "FILE" ? file : word.replace("PORT", port)
        );
        if (!line.includes("PORT")) args.push("-p", port);
        const theirs = await runTheirs(name, args, input);
        const expected = await server.next();
        const ours = await runOurs(name, args, input);
        assertEquals(ours, theirs);
        // mosquitto_sub leaves before UNSUBACK, with or without DISCONNECT.
        const packets = (all: Packet[]) =>
          all.filter(({ type }) =>
            !args.includes("-U") || type !== PacketType.disconnect
          ).map(comparable);
        assertEquals(packets(await server.next()), packets(expected));
      });
    }
    await Deno.remove(file);
  },
});

Deno.test({
  name: "rqtt rr asks as mosquitto_rr does",
  ignore: !HAS_MOSQUITTO_CLIENTS,
  async fn() {
    await using server = CaptureServer.listen();
    for (
      const line of [
        "-t a -e b -m x -W 1",
        "-t a -e b -n -W 1 -V 311 -q 1",
        "-t a -e b -m x -W 1 -D publish correlation-data c",
      ]
    ) {
      const args = [...line.split(" "), "-p", String(server.port)];
      const theirs = await runTheirs("rr", args);
      const expected = await server.next();
      assertEquals(await runOurs("rr", args), theirs);
      assertEquals(
        (await server.next()).map(comparable),
        expected.map(comparable),
      );
    }
  },
});

/** Without what either client says of itself alone. */
function comparable(packet: Packet): unknown {
  const properties: Record<string, unknown> = { ...propertiesOf(packet) };
  // What each can take is its own affair.
  delete properties.receiveMaximum;
  delete properties.maximumPacketSize;
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined) delete properties[key];
  }
  const bare = { ...packet, properties };
  return packet.type === PacketType.publish && packet.qos === 0
    ? { ...bare, packetIdentifier: 0 }
    : bare;
}

function propertiesOf(packet: Packet): object {
  return "properties" in packet ? packet.properties : {};
}
