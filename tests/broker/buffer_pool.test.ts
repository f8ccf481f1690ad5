import { BufferPool } from "../../src/broker/buffer_pool.ts";
import { PacketType } from "../../src/codec/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "../_assert.ts";
import { brokerTest } from "./_harness.ts";

const permissions = "none";

Deno.test({
  name: "an array is at least as large as asked for, in few sizes",
  permissions,
  fn() {
    const pool = new BufferPool();
    const sizes = [0, 1, 512, 513, 4_096, 4_097, 32_768, 32_769, 262_145]
      .map((minimumBytes) => pool.acquire(minimumBytes).length);
    assertEquals(
      sizes,
      [512, 512, 512, 4_096, 4_096, 32_768, 32_768, 262_144, 1_048_576],
    );
  },
});

Deno.test({
  name: "a released array is used again, but for one owner at a time",
  permissions,
  fn() {
    const pool = new BufferPool();
    const first = pool.acquire(100);
    const second = pool.acquire(100);
    assert(first !== second);
    pool.release(first);
    assertStrictEquals(pool.acquire(1), first);
    assert(pool.acquire(1) !== first);
  },
});

Deno.test({
  name: "an array larger than all sizes is made to measure and not kept",
  permissions,
  fn() {
    const pool = new BufferPool();
    const large = pool.acquire(1_048_577);
    assertEquals(large.length, 1_048_577);
    pool.release(large);
    assert(pool.acquire(1_048_577) !== large);
    assert(pool.acquire(1_048_576) !== large);
  },
});

Deno.test({
  name: "arrays of foreign sizes are not taken into the pool",
  permissions,
  fn() {
    const pool = new BufferPool();
    for (const length of [0, 511, 600]) pool.release(new Uint8Array(length));
    assertEquals(pool.acquire(0).length, 512);
  },
});

Deno.test({
  name: "the pool keeps a bounded number of free arrays of each size",
  permissions,
  fn() {
    for (const [sizeBytes, kept] of [[512, 256], [262_144, 16]]) {
      const pool = new BufferPool();
      const released = new Set<Uint8Array>();
      for (let i = 0; i < kept + 10; i++) {
        released.add(new Uint8Array(sizeBytes));
      }
      for (const bytes of released) pool.release(bytes);
      let reused = 0;
      for (let i = 0; i < kept + 10; i++) {
        if (released.has(pool.acquire(sizeBytes))) reused++;
      }
      assertEquals(reused, kept);
    }
  },
});

brokerTest(
  "a connection gives its output buffer back when it is sent",
  (test) => {
    const client = test.connect("c");
    client.transport.isStuck = true;
    client.send({ type: PacketType.pingreq });
    const other = test.broker.buffers.acquire(1);
    client.transport.isStuck = false;
    test.tasks.run();
    const returned = test.broker.buffers.acquire(1);
    assert(returned !== other);
    assertEquals(returned.slice(0, 2), new Uint8Array([0xd0, 0x00]));
  },
);
