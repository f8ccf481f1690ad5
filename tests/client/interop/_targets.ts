import { outputOf } from "../../interop/_child.ts";
import { type Certificates, whyNoCertificates } from "../../_certificates.ts";
import type { Target } from "./_target.ts";

const MAIN = new URL("../../../main.ts", import.meta.url).href;

/** The broker of this repository; `tlsKeys` stand under what speaks TLS. */
function rqtt(
  name: string,
  tlsKeys: (certificates: Certificates) => string,
): Target {
  return {
    name,
    isDurable: true,
    readsWebSocketsSlowly: false,
    whyMissing: whyNoCertificates,
    command(ports, certificates) {
      const { directory, server } = certificates;
      const tls = `\n    certificate: ${server.certificatePath}` +
        `\n    private_key: ${server.privateKeyPath}` + tlsKeys(certificates);
      const path = `${directory}/rqtt.yaml`;
      Deno.writeTextFileSync(
        path,
        `listeners:
  - type: tcp
    address: 127.0.0.1:${ports.mqtt}
  - type: tls
    address: 127.0.0.1:${ports.mqtts}${tls}
  - type: ws
    address: 127.0.0.1:${ports.ws}
  - type: wss
    address: 127.0.0.1:${ports.wss}${tls}
persistence:
  path: ${directory}/rqtt.kv
`,
      );
      const executable = Deno.env.get("RQTT_BIN");
      const program: [string, ...string[]] = executable
        ? [executable]
        : [Deno.execPath(), "run", "-A", MAIN];
      return [...program, "--config", path];
    },
  };
}

/** With its sessions on the disk. */
export const RQTT: Target = rqtt("RQTT", () => "");

/** The same, and its clients have to show a certificate. */
export const RQTT_FOR_CERTIFIED: Target = rqtt(
  "RQTT",
  ({ authorityPath }) =>
    `\n    client_auth: require\n    client_ca: ${authorityPath}`,
);

const mosquitto: Target = {
  name: "mosquitto",
  isDurable: false,
  readsWebSocketsSlowly: true,
  whyMissing: whyNoCertificates ??
    (outputOf("sh", ["-c", "command -v mosquitto"]) === null
      ? "mosquitto is not installed"
      : null),
  command(ports, { directory, server }) {
    const tls = `certfile ${server.certificatePath}\n` +
      `keyfile ${server.privateKeyPath}\n`;
    const path = `${directory}/mosquitto.conf`;
    Deno.writeTextFileSync(
      path,
      `allow_anonymous true
user root
max_queued_messages 0
listener ${ports.mqtt} 127.0.0.1
listener ${ports.mqtts} 127.0.0.1
${tls}listener ${ports.ws} 127.0.0.1
protocol websockets
listener ${ports.wss} 127.0.0.1
protocol websockets
${tls}`,
    );
    return ["mosquitto", "-c", path];
  },
};

/** Every broker that the client is tested with. */
export const TARGETS: readonly Target[] = [RQTT, mosquitto];
