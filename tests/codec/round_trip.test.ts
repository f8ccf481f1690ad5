import {
  AcknowledgementView,
  ByteWriter,
  encodePacket,
  FrameScanner,
  MAXIMUM_PACKET_SIZE_BYTES,
  PublishOptions,
  PublishView,
  readAcknowledgement,
  readPublish,
  writePublish,
} from "../../src/codec/mod.ts";
import fc from "fast-check";
import { assert, assertEquals } from "../_assert.ts";
import { acknowledgement, packet, publish } from "./_arbitraries.ts";
import { decodeWhole } from "./_packet_rows.ts";

const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);

for (const version of [3, 4, 5] as const) {
  for (const sender of ["client", "server"] as const) {
    Deno.test({
      name:
        `any packet of a ${sender} in protocol version ${version} decodes ` +
        "to what was encoded",
      permissions: "none",
      fn() {
        fc.assert(
          fc.property(packet(version, sender), (expected) => {
            const bytes = encodePacket(expected, version);
            assertEquals(decodeWhole(bytes, version, sender), expected);
          }),
          { numRuns: 500 },
        );
      },
    });

    Deno.test({
      name: `PUBLISH of a ${sender} in protocol version ${version} passes ` +
        "through readPublish and writePublish unchanged",
      permissions: "none",
      fn() {
        const view = new PublishView();
        const options = new PublishOptions();
        const fromServer = sender === "server";
        fc.assert(fc.property(publish(version, sender), (expected) => {
          const bytes = encodePacket(expected, version);
          scanner.scan(bytes, 0, bytes.length);
          readPublish(view, bytes, scanner, version, { fromServer });
          options.protocolVersion = version;
          options.qos = view.qos;
          options.isDuplicate = view.isDuplicate;
          options.isRetained = view.isRetained;
          options.packetIdentifier = view.packetIdentifier;
          options.topicAlias = view.topicAlias;
          options.messageExpiryIntervalSeconds =
            view.messageExpiryIntervalSeconds;
          const out = new ByteWriter();
          const size = writePublish(out, view, options);
          assertEquals(size, bytes.length);
          const written = out.bytes.subarray(0, size);
          assertEquals(decodeWhole(written, version, sender), expected);
          if (view.isVerbatim) assertEquals(written, bytes);
        }));
      },
    });
  }

  Deno.test({
    name: `readAcknowledgement of protocol version ${version} agrees with ` +
      "decodePacket",
    permissions: "none",
    fn() {
      const view = new AcknowledgementView();
      fc.assert(fc.property(acknowledgement(version), (expected) => {
        const bytes = encodePacket(expected, version);
        scanner.scan(bytes, 0, bytes.length);
        readAcknowledgement(view, bytes, scanner, version);
        assertEquals(view.packetIdentifier, expected.packetIdentifier);
        assertEquals(view.reasonCode, expected.reasonCode);
      }));
    },
  });
}

Deno.test({
  name: "packets that arrive in pieces of any size are found one by one",
  permissions: "none",
  fn() {
    const packets = fc.array(packet(5, "client"), {
      minLength: 1,
      maxLength: 8,
    });
    const pieces = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 });
    fc.assert(fc.property(packets, pieces, (expected, sizes) => {
      const frames = expected.map((one) => encodePacket(one, 5));
      const stream = new Uint8Array(frames.flatMap((frame) => [...frame]));
      const found: Uint8Array[] = [];
      let position = 0;
      let arrived = 0;
      for (let index = 0; arrived < stream.length; index++) {
        arrived += sizes[index % sizes.length];
        arrived = Math.min(arrived, stream.length);
        while (scanner.scan(stream, position, arrived)) {
          found.push(stream.slice(position, scanner.frameEnd));
          position = scanner.frameEnd;
        }
        assert(scanner.frameEnd === 0 || scanner.frameEnd > arrived);
      }
      assertEquals(found, frames);
    }));
  },
});
