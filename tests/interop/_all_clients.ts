import { ALL_VERSIONS, type Client, type Version } from "./_client.ts";
import { mosquitto } from "./_mosquitto.ts";
import { mqttJs } from "./_mqttjs.ts";
import { paho } from "./_paho.ts";

/** Every client that the broker is tried with. */
export const ALL_CLIENTS: readonly Client[] = [mosquitto, mqttJs, paho];

/** Each client in each version of MQTT. */
export const ALL_VARIANTS: readonly (readonly [Client, Version])[] = ALL_CLIENTS
  .flatMap((client) =>
    ALL_VERSIONS.map((version) => [client, version] as const)
  );
