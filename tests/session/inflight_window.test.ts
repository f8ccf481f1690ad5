import fc from "fast-check";
import {
  type Delivery,
  DeliveryState,
  InflightWindow,
} from "../../src/session/mod.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertStrictEquals,
} from "../_assert.ts";
import { delivery } from "./_deliveries.ts";

const permissions = "none";

function add(window: InflightWindow, count = 1): Delivery[] {
  return Array.from({ length: count }, () => {
    const added = delivery();
    window.add(added);
    return added;
  });
}

function identifiersOf(deliveries: Delivery[]): number[] {
  return deliveries.map(({ packetIdentifier }) => packetIdentifier);
}

function resendAll(window: InflightWindow): Delivery[] {
  const again: Delivery[] = [];
  let next: Delivery | null;
  while ((next = window.nextResend()) !== null) again.push(next);
  return again;
}

/** The window as a plain list: slow, and obviously right. */
class WindowModel {
  /** In the order of first sending. */
  unsettled: Delivery[] = [];
  open = new Set<Delivery>();
  /** In the order of PUBREC. */
  released: Delivery[] = [];
  #resend: Delivery[] = [];

  add(delivery: Delivery): void {
    this.unsettled.push(delivery);
    this.open.add(delivery);
  }

  get published(): Delivery[] {
    return this.unsettled.filter((delivery) =>
      !this.released.includes(delivery)
    );
  }

  settle(delivery: Delivery): void {
    this.unsettled = this.unsettled.filter((other) => other !== delivery);
    this.released = this.released.filter((other) => other !== delivery);
    this.open.delete(delivery);
    this.#resend = this.#resend.filter((other) => other !== delivery);
  }

  release(delivery: Delivery): void {
    if (this.released.includes(delivery)) return;
    this.released.push(delivery);
    this.#resend = this.#resend.filter((other) => other !== delivery);
  }

  restart(): void {
    this.open.clear();
    this.#resend = this.published;
  }

  nextResend(): Delivery | null {
    const delivery = this.#resend.shift() ?? null;
    if (delivery !== null) this.open.add(delivery);
    return delivery;
  }
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.nat(20).map((count) => ({ add: count })) },
  {
    weight: 5,
    arbitrary: fc.array(fc.nat(), { maxLength: 20 })
      .map((indexes) => ({ settle: indexes })),
  },
  {
    weight: 2,
    arbitrary: fc.array(fc.nat(), { maxLength: 5 })
      .map((indexes) => ({ release: indexes })),
  },
  { weight: 1, arbitrary: fc.constant({ restart: true }) },
  { weight: 3, arbitrary: fc.nat(10).map((count) => ({ resend: count })) },
);

Deno.test({
  name: "the window does what a list does, whatever the order of " +
    "acknowledgements [MQTT-2.2.1-4] [MQTT-4.4.0-1]",
  permissions,
  fn() {
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const window = new InflightWindow();
      const model = new WindowModel();
      for (const step of steps) {
        if ("add" in step) {
          for (let i = 0; i < step.add; i++) {
            const added = delivery();
            const inUse = identifiersOf(model.unsettled);
            window.add(added);
            model.add(added);
            const identifier = added.packetIdentifier;
            assert(identifier >= 1 && identifier <= 65_535);
            assert(!inUse.includes(identifier));
          }
        } else if ("settle" in step) {
          for (const index of step.settle) {
            const { unsettled } = model;
            if (unsettled.length === 0) break;
            const chosen = unsettled[index % unsettled.length];
            assertStrictEquals(window.get(chosen.packetIdentifier), chosen);
            window.settle(chosen);
            model.settle(chosen);
            assertEquals(window.get(chosen.packetIdentifier), null);
          }
        } else if ("release" in step) {
          for (const index of step.release) {
            const { unsettled } = model;
            if (unsettled.length === 0) break;
            const chosen = unsettled[index % unsettled.length];
            window.release(chosen);
            model.release(chosen);
          }
        } else if ("restart" in step) {
          window.restart();
          model.restart();
        } else {
          for (let i = 0; i < step.resend; i++) {
            assertStrictEquals(window.nextResend(), model.nextResend());
          }
        }
        assertEquals(window.count, model.unsettled.length);
        assertEquals(window.open, model.open.size);
        assertEquals(
          identifiersOf(window.releasedInOrder()),
          identifiersOf(model.released),
        );
        assertEquals(
          new Set(window.inOrder()),
          new Set([...model.published, ...model.released]),
        );
        for (const unsettled of model.unsettled) {
          assertEquals(unsettled.isOpen, model.open.has(unsettled));
        }
      }
    }));
  },
});

Deno.test({
  name: "identifiers rise from 1 and none is 0 after 65,535 [MQTT-2.2.1-4]",
  permissions,
  fn() {
    const window = new InflightWindow();
    for (let expected = 1; expected <= 65_535; expected++) {
      const [one] = add(window);
      if (one.packetIdentifier !== expected) {
        assertEquals(one.packetIdentifier, expected);
      }
      window.settle(one);
    }
    assertEquals(identifiersOf(add(window, 2)), [1, 2]);
  },
});

Deno.test({
  name: "an identifier in use is passed over after the wrap [MQTT-2.2.1-4]",
  permissions,
  fn() {
    const window = new InflightWindow();
    const [, second] = add(window, 3);
    for (let i = 3; i < 65_535; i++) window.settle(add(window)[0]);
    const identifiers = identifiersOf(add(window, 2));
    for (const identifier of identifiers) {
      assert(identifier > 3, `${identifier} is in use`);
    }
    assertStrictEquals(window.get(2), second);
    assertEquals(window.count, 5);
  },
});

Deno.test({
  name: "all 65,535 identifiers can be in use at the same time",
  permissions,
  fn() {
    const window = new InflightWindow();
    const all = add(window, 65_535);
    assertEquals(new Set(identifiersOf(all)).size, 65_535);
    assertEquals(window.open, 65_535);
    for (const one of all) {
      if (window.get(one.packetIdentifier) !== one) {
        assertStrictEquals(window.get(one.packetIdentifier), one);
      }
    }
    window.settle(all[41]);
    assertEquals(identifiersOf(add(window)), [42]);
  },
});

Deno.test({
  name: "adding makes a delivery published and open, settling neither",
  permissions,
  fn() {
    const window = new InflightWindow();
    const [first, second] = add(window, 2);
    assertEquals(first.state, DeliveryState.published);
    assertEquals(first.isOpen, true);
    assertGreater(second.sequence, first.sequence);
    window.settle(first);
    assertEquals(first.state, DeliveryState.settled);
    assertEquals(first.isOpen, false);
    assertEquals([window.count, window.open], [1, 1]);
  },
});

Deno.test({
  name: "settling again, or what was never added, changes nothing",
  permissions,
  fn() {
    const window = new InflightWindow();
    window.settle(delivery());
    const [first] = add(window, 2);
    window.settle(first);
    window.settle(first);
    window.settle(delivery());
    assertEquals([window.count, window.open], [1, 1]);
  },
});

Deno.test({
  name: "an identifier that nobody holds finds nothing",
  permissions,
  fn() {
    const window = new InflightWindow();
    assertEquals(window.get(1), null);
    add(window);
    // The same slot as 1, whatever the number of slots.
    for (const identifier of [2, 17, 33, 16_385]) {
      assertEquals(window.get(identifier), null);
    }
  },
});

Deno.test({
  name: "after a restart every unacknowledged PUBLISH is due again in the " +
    "order of first sending, and none counts until it is sent [MQTT-4.4.0-1]",
  permissions,
  fn() {
    const window = new InflightWindow();
    const all = add(window, 5);
    window.settle(all[1]);
    window.release(all[2]);
    window.restart();
    assertEquals([window.count, window.open], [4, 0]);
    assertEquals(window.hasResend, true);
    assertStrictEquals(window.nextResend(), all[0]);
    assertEquals([window.count, window.open], [4, 1]);
    window.settle(all[3]);
    assertEquals(resendAll(window), [all[4]]);
    assertEquals(window.hasResend, false);
    assertEquals([window.count, window.open], [3, 2]);
  },
});

Deno.test({
  name: "after PUBREC it is PUBREL that is due, in the order of PUBREC, and " +
    "PUBLISH never again [MQTT-4.3.3-6] [3.1.1 MQTT-4.6.0-6]",
  permissions,
  fn() {
    const window = new InflightWindow();
    const [first, second, third] = add(window, 3);
    window.restart();
    for (const one of [third, first, third]) window.release(one);
    assertEquals(first.state, DeliveryState.released);
    assertEquals(window.releasedInOrder(), [third, first]);
    assertEquals(resendAll(window), [second]);
    window.restart();
    assertEquals(window.releasedInOrder(), [third, first]);
    assertEquals(resendAll(window), [second]);
    window.settle(third);
    assertEquals(window.releasedInOrder(), [first]);
  },
});

Deno.test({
  name: "a restart in the middle of re-sending begins anew",
  permissions,
  fn() {
    const window = new InflightWindow();
    const all = add(window, 3);
    window.restart();
    window.nextResend();
    window.restart();
    assertEquals(window.open, 0);
    assertEquals(resendAll(window), all);
  },
});

Deno.test({
  name: "settling a delivery that was not sent again frees no quota",
  permissions,
  fn() {
    const window = new InflightWindow();
    const [first, second] = add(window, 2);
    window.restart();
    window.nextResend();
    window.settle(second);
    assertEquals([window.count, window.open], [1, 1]);
    window.settle(first);
    assertEquals([window.count, window.open], [0, 0]);
  },
});

Deno.test({
  name: "an empty window has nothing to send again",
  permissions,
  fn() {
    const window = new InflightWindow();
    window.restart();
    assertEquals(window.hasResend, false);
    assertEquals(window.nextResend(), null);
    assertEquals(window.inOrder(), []);
  },
});

Deno.test({
  name: "restored deliveries keep their identifiers and their order",
  permissions,
  fn() {
    fc.assert(fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { maxLength: 20 }),
      (identifiers) => {
        const window = new InflightWindow();
        const restored = identifiers.map((packetIdentifier, index) =>
          Object.assign(delivery(), {
            packetIdentifier,
            sequence: index + 1,
            state: DeliveryState.published,
          })
        );
        for (const one of restored) window.restore(one);
        assertEquals([window.count, window.open], [identifiers.length, 0]);
        for (const one of restored) {
          assertStrictEquals(window.get(one.packetIdentifier), one);
        }
        const [added] = add(window);
        assert(!identifiers.includes(added.packetIdentifier));
        window.restart();
        assertEquals(
          identifiersOf(resendAll(window)),
          [...identifiers, added.packetIdentifier],
        );
        for (const one of [...restored, added]) window.settle(one);
        assertEquals([window.count, window.open], [0, 0]);
      },
    ));
  },
});
