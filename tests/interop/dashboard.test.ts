import { assert, assertEquals } from "../_assert.ts";
import { BrokerProcess } from "./_broker.ts";

const ADMIN = /listening on (127\.0\.0\.1:\d+) for admin$/m;

Deno.test("the program has the dashboard in it, with the client that its console uses", async () => {
  await using broker = await BrokerProcess.start({
    RQTT_ADMIN_ADDRESS: "127.0.0.1:0",
  });
  await broker.logged(ADMIN);
  const origin = `http://${ADMIN.exec(broker.log())?.[1]}`;
  const page = await fetch(`${origin}/dashboard`);
  assert((await page.text()).includes("<title>RQTT</title>"));
  const charts = await fetch(`${origin}/dashboard/uplot.js`);
  assert((await charts.text()).includes("export"));
  const client = await fetch(`${origin}/dashboard/rqtt-client.js`);
  const code = await client.text();
  assertEquals(client.status, 200, code);
  const module = await import(
    `data:text/javascript,${encodeURIComponent(code)}`
  );
  assertEquals(typeof module.connect, "function");
});
