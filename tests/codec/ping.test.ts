import { type AcceptedRow, type RefusedRow, testRows } from "./_packet_rows.ts";

const accepted: AcceptedRow[] = [];
const refused: RefusedRow[] = [
  {
    name: "PINGREQ with a body is malformed",
    hex: "C0 01 00",
    reasonCode: 0x81,
    because: "PINGREQ: 1 bytes follow",
  },
  {
    name: "PINGRESP with a body is malformed",
    hex: "D0 02 0000",
    sender: "server",
    reasonCode: 0x81,
    because: "PINGRESP: 2 bytes follow",
  },
  {
    name: "PINGREQ with fixed header flags is malformed [MQTT-2.1.3-1]",
    hex: "C1 00",
    reasonCode: 0x81,
    because: "fixed header flags are 1",
  },
  {
    name: "PINGRESP with fixed header flags is malformed [MQTT-2.1.3-1]",
    hex: "D8 00",
    sender: "server",
    reasonCode: 0x81,
    because: "fixed header flags are 8",
  },
  {
    name: "PINGREQ from a server is a Protocol Error",
    hex: "C0 00",
    sender: "server",
    reasonCode: 0x82,
    because: "a server must not send it",
  },
  {
    name: "PINGRESP from a client is a Protocol Error",
    hex: "D0 00",
    reasonCode: 0x82,
    because: "a client must not send it",
  },
];

for (const version of [3, 4, 5] as const) {
  accepted.push(
    {
      name: `PINGREQ of protocol version ${version}`,
      hex: "C0 00",
      version,
      packet: { type: 12 },
    },
    {
      name: `PINGRESP of protocol version ${version}`,
      hex: "D0 00",
      version,
      sender: "server",
      packet: { type: 13 },
    },
  );
}

testRows(accepted, refused);
