import { assertEquals } from "../_assert.ts";
import { Ledger } from "./_ledger.ts";

const CLIENT = "sub";
const TOPIC = "d/0";

/** A ledger, and short ways to fill it for one publisher and one subscriber. */
function given() {
  const ledger = new Ledger();
  return {
    sends: (number: number, qos: 1 | 2) =>
      ledger.sent({
        key: `pub/${number}`,
        publisher: "pub",
        number,
        topicName: TOPIC,
        qos,
        isRetained: false,
        isRemoval: false,
        sentAt: 0,
        acknowledgedAt: 0,
      }),
    receives: (number: number, qos: 1 | 2) =>
      ledger.received(CLIENT, { key: `pub/${number}`, qos }),
    asks: (qos: 1 | 2, topicFilter = TOPIC) =>
      ledger.subscribing(CLIENT, topicFilter, qos),
    isGranted: (topicFilter = TOPIC) => ledger.subscribed(CLIENT, topicFilter),
    asksForTheEnd: () => ledger.unsubscribing(CLIENT, TOPIC),
    isRidOfIt: () => ledger.unsubscribed(CLIENT, TOPIC),
    check: () => {
      ledger.checkClient(CLIENT);
      return ledger.violations;
    },
  };
}

Deno.test("A message whose first arrival is after a later one is found out [MQTT-4.6.0-5]", () => {
  for (const qos of [1, 2] as const) {
    const { sends, receives, asks, isGranted, check } = given();
    asks(qos);
    isGranted();
    sends(1, qos);
    sends(2, qos);
    receives(2, qos);
    receives(1, qos);
    assertEquals(check(), ["sub: pub/1 came after pub/2"]);
  }
});

Deno.test("A QoS 1 message may come again after later ones", () => {
  const { sends, receives, asks, isGranted, check } = given();
  asks(1);
  isGranted();
  sends(1, 1);
  sends(2, 1);
  for (const number of [1, 2, 1, 2]) receives(number, 1);
  assertEquals(check(), []);
});

Deno.test("A message that had no subscriber may be sent again after later ones", () => {
  // Published at QoS 2 as well: delivered at QoS 1 nothing is stored before.
  for (const qos of [1, 2] as const) {
    const { sends, receives, asks, isGranted, check } = given();
    sends(1, qos);
    asks(1);
    sends(2, qos);
    receives(2, 1);
    isGranted();
    receives(1, 1);
    receives(2, 1);
    assertEquals(check(), []);
  }
});

Deno.test("So may one that came between two subscriptions", () => {
  const { sends, receives, check, ...client } = given();
  client.asks(1);
  client.isGranted();
  client.asksForTheEnd();
  sends(1, 1);
  client.isRidOfIt();
  client.asks(1);
  sends(2, 1);
  receives(2, 1);
  client.isGranted();
  receives(1, 1);
  assertEquals(check(), []);
});

Deno.test("A message at QoS 2 may not: the broker knows that it was sent before", () => {
  const { sends, receives, asks, isGranted, check } = given();
  sends(1, 2);
  asks(2);
  sends(2, 2);
  receives(2, 2);
  isGranted();
  receives(1, 2);
  assertEquals(check(), ["sub: pub/1 came after pub/2"]);
});

Deno.test("A later message hides no other, and one that was rightly late does not either", () => {
  const { sends, receives, asks, isGranted, check } = given();
  sends(1, 1);
  asks(1);
  isGranted();
  sends(2, 1);
  sends(3, 1);
  for (const number of [3, 1, 2]) receives(number, 1);
  assertEquals(check(), ["sub: pub/2 came after pub/3"]);
});

Deno.test("The end of the subscription after the later message excuses nothing", () => {
  const { sends, receives, asks, isGranted, asksForTheEnd, check } = given();
  asks(1);
  isGranted();
  sends(1, 1);
  sends(2, 1);
  receives(2, 1);
  asksForTheEnd();
  receives(1, 1);
  assertEquals(check(), ["sub: pub/1 came after pub/2"]);
});

Deno.test("Another subscription that changes matters if it changes the QoS", () => {
  const cases = [
    { qos: 1, violations: ["sub: pub/1 came after pub/2"] },
    { qos: 2, violations: [] },
  ] as const;
  for (const { qos, violations } of cases) {
    const { sends, receives, check, ...client } = given();
    client.asks(1, "+/0");
    client.isGranted("+/0");
    client.asks(qos);
    client.isGranted();
    sends(1, 2);
    client.asksForTheEnd();
    sends(2, 2);
    receives(2, 1);
    client.isRidOfIt();
    receives(1, 1);
    assertEquals(check(), [...violations]);
  }
});
