import {
  type Client,
  connect,
  MqttError,
  type TlsOptions,
} from "../../../src/client/mod.ts";
import { assertEquals, assertRejects } from "../../_assert.ts";
import { defineTest } from "../../interop/_harness.ts";
import { TargetProcess } from "./_target.ts";
import { RQTT_FOR_CERTIFIED } from "./_targets.ts";

const needs = [RQTT_FOR_CERTIFIED];

let broker: TargetProcess | null = null;

Deno.test.beforeAll(async () => {
  if (RQTT_FOR_CERTIFIED.whyMissing !== null) return;
  broker = await TargetProcess.start(RQTT_FOR_CERTIFIED);
});

Deno.test.afterAll(async () => {
  await broker?.[Symbol.asyncDispose]();
});

function open(scheme: "mqtts" | "wss", tls: TlsOptions): Promise<Client> {
  return connect(broker!.url(scheme), { tls });
}

function pairOf(name: "good" | "foreign"): TlsOptions {
  const { certificatePath, privateKeyPath } = broker!.certificates.client(name);
  return {
    caCertificates: [broker!.certificates.authority],
    certificateChain: Deno.readTextFileSync(certificatePath),
    privateKey: Deno.readTextFileSync(privateKeyPath),
  };
}

for (const scheme of ["mqtts", "wss"] as const) {
  defineTest({
    name: `${scheme}: a broker that wants a certificate of the client gets it`,
    needs,
    async run() {
      await using client = await open(scheme, pairOf("good"));
      assertEquals(client.state, "connected");
    },
  });

  defineTest({
    name:
      `${scheme}: without a certificate, or with a foreign one, there is no connection`,
    needs,
    async run() {
      const caCertificates = [broker!.certificates.authority];
      await assertRejects(() => open(scheme, { caCertificates }), MqttError);
      await assertRejects(() => open(scheme, pairOf("foreign")), MqttError);
    },
  });

  defineTest({
    name: `${scheme}: a broker that nobody vouches for is not talked to`,
    needs,
    async run() {
      const { caCertificates: _, ...own } = pairOf("good");
      await assertRejects(() => open(scheme, own), MqttError, "certificate");
    },
  });
}
