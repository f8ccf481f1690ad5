import type { Path } from "./_locate.ts";
import type { Override } from "./_override.ts";
import { type ItemCounts, walkFields } from "./_walk.ts";
import { ConfigError } from "./error.ts";
import { SCHEMA } from "./schema.ts";
import { suggest } from "./suggest.ts";
import { readText } from "./text.ts";

/** The variable that names the configuration file. */
export const FILE_VARIABLE = "RQTT_CONFIG";

const PREFIX = "RQTT_";

/**
 * Not of the broker: of `rqtt ctl`, which may be set beside it, and what
 * plugins are told, as the executable can read no other variables.
 */
const OTHER_PREFIXES = ["RQTT_CTL_", "RQTT_SECRET_"];

/**
 * Kubernetes sets such variables by itself in every container beside a Service
 * called "rqtt"; they say nothing about the broker.
 */
const KUBERNETES_NAME = /_SERVICE_(HOST|PORT)(_|$)|_PORT_\d+_(TCP|UDP|SCTP)/;
const KUBERNETES_VALUE = /^(tcp|udp|sctp):\/\//;

/** Names the variable of a key: `limits.max_qos` is `RQTT_LIMITS_MAX_QOS`. */
export function variableName(path: Path): string {
  return PREFIX + path.join("_").toUpperCase();
}

/**
 * Reads the `RQTT_…` variables. An empty one counts as not set, as it does for
 * other programs started from files of variables.
 * @throws {ConfigError} If a variable belongs to no key.
 */
export function readEnvironment(
  environment: Readonly<Record<string, string>>,
  counts: ItemCounts,
): Override[] {
  const fields = new Map(
    [...walkFields(SCHEMA, counts)].map((placed) =>
      [variableName(placed.path), placed] as const
    ),
  );
  const overrides: Override[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || name === FILE_VARIABLE) continue;
    if (OTHER_PREFIXES.some((prefix) => name.startsWith(prefix))) continue;
    if (KUBERNETES_NAME.test(name) || KUBERNETES_VALUE.test(text)) continue;
    const placed = fields.get(name);
    if (placed === undefined) {
      throw unknownVariable(name, fields.keys());
    }
    if (text === "") continue;
    const { path, field } = placed;
    const value = readText(field.scalar, text);
    overrides.push({ path, value, origin: name });
  }
  return overrides;
}

function unknownVariable(name: string, known: Iterable<string>): ConfigError {
  const nearest = suggest(name, known);
  const hint = nearest === undefined ? "" : `, did you mean ${nearest}?`;
  return new ConfigError(
    `Cannot load configuration: ${name}: unknown variable${hint}`,
  );
}
