import { assert, assertEquals, assertThrows } from "../_assert.ts";
import type { NetworkListenerOptions } from "../../src/transport/mod.ts";
import {
  ConfigError,
  type ConfigSources,
  defaultConfig,
  loadConfig,
} from "../../src/config/mod.ts";

interface Given extends Partial<Omit<ConfigSources, "file">> {
  readonly yaml?: string;
}

function load({ yaml, ...rest }: Given) {
  return loadConfig({
    environment: {},
    flags: {},
    readTextFile: () => yaml ?? "",
    ...(yaml === undefined ? {} : { file: "rqtt.yaml" }),
    ...rest,
  });
}

function problem(given: Given): string {
  const { message } = assertThrows(() => load(given), ConfigError);
  assert(!message.includes("\n"), "a problem is told in one line");
  const prefix = "Cannot load configuration: ";
  assertEquals(message.slice(0, prefix.length), prefix);
  return message.slice(prefix.length);
}

const options = { permissions: "none" } as const;

Deno.test(
  "Without file, variables and flags the defaults hold",
  options,
  () => {
    assertEquals(load({}), defaultConfig());
  },
);

Deno.test(
  "Without a configuration only this machine can connect",
  options,
  () => {
    assertEquals(defaultConfig().listeners, [{
      type: "tcp",
      hostname: "127.0.0.1",
      port: 1883,
      maximumConnections: 100_000,
      usesProxyProtocol: false,
    }]);
  },
);

Deno.test(
  "An empty file and empty sections leave the defaults",
  options,
  () => {
    for (
      const yaml of ["", "# nothing\n", "limits:\nlog:\nlisteners:\n", "{}"]
    ) {
      assertEquals(load({ yaml }), defaultConfig());
    }
  },
);

Deno.test("The configuration cannot be changed once loaded", options, () => {
  const config = load({}) as { limits: { maximumQos: number } };
  assertThrows(() => config.limits.maximumQos = 0, TypeError);
});

Deno.test("A file sets values of every kind", options, () => {
  const config = load({
    yaml: `
listeners:
  - address: 0.0.0.0:1884
  - { type: tcp, address: "[::1]:0", max_connections: 7 }
limits:
  max_packet_size: 2 MiB
  max_queued_bytes: 64kB
  max_keep_alive: 60s
  connect_timeout: 3
  slow_consumer_grace: 250ms
  session_expiry_cap: never
  max_qos: 1
  retain_available: false
persistence: { path: /var/lib/rqtt/store.db, durability: relaxed }
auth: { allow_anonymous: false, acl_file: /etc/rqtt/acl }
log: { level: debug, format: json }
sys_interval: 0
shutdown_grace: 1m
`,
  });
  const defaults = defaultConfig();
  assertEquals(config, {
    listeners: [
      {
        type: "tcp",
        hostname: "0.0.0.0",
        port: 1884,
        maximumConnections: 100_000,
        usesProxyProtocol: false,
      },
      {
        type: "tcp",
        hostname: "::1",
        port: 0,
        maximumConnections: 7,
        usesProxyProtocol: false,
      },
    ],
    auth: {
      allowAnonymous: false,
      passwordFile: null,
      aclFile: "/etc/rqtt/acl",
      rolesFile: null,
      banFile: null,
      sessionsBelongToUsers: true,
      authenticators: "auto",
      authorizers: "auto",
    },
    plugins: [],
    limits: {
      ...defaults.limits,
      maximumPacketSizeBytes: 2_097_152,
      maximumQueuedBytes: 64_000,
      maximumKeepAliveSeconds: 60,
      connectTimeoutMs: 3_000,
      slowConsumerGraceMs: 250,
      sessionExpiryCapSeconds: 0xffff_ffff,
      maximumQos: 1,
      retainAvailable: false,
    },
    persistence: {
      path: "/var/lib/rqtt/store.db",
      durability: "relaxed",
      relaxedIntervalMs: 200,
    },
    admin: defaults.admin,
    log: { level: "debug", format: "json" },
    tracing: defaults.tracing,
    sysIntervalMs: 0,
    shutdownGraceMs: 60_000,
  });
});

Deno.test("A flag wins over a variable, that over the file", options, () => {
  const yaml = "log: { level: error }\nlisteners: [{ address: a.test:1 }]\n" +
    "auth: { allow_anonymous: true }";
  const variables = {
    RQTT_LOG_LEVEL: "warn",
    RQTT_LISTENERS_0_ADDRESS: "b.test:2",
  };
  const flags = { logLevel: "debug", host: "c.test", port: 3 } as const;
  const seen = (given: Given) => {
    const { log, listeners } = load(given);
    const { hostname, port } = listeners[0] as NetworkListenerOptions;
    return `${log.level} ${hostname}:${port}`;
  };
  assertEquals(seen({}), "info 127.0.0.1:1883");
  assertEquals(seen({ yaml }), "error a.test:1");
  assertEquals(seen({ yaml, environment: variables }), "warn b.test:2");
  assertEquals(seen({ yaml, environment: variables, flags }), "debug c.test:3");
  assertEquals(seen({ yaml, flags: { port: 4 } }), "error a.test:4");
  assertEquals(seen({ yaml, flags: { host: "[::]" } }), "error :::1");
});

Deno.test("An address that others reach needs a choice", options, () => {
  const refusal = "auth.allow_anonymous: others can reach 0.0.0.0:1883, so " +
    "name a password_file, or say true to let everybody in";
  const open = "listeners: [{ address: 0.0.0.0:1883 }]\nauth:\n";
  assertEquals(problem({ yaml: open }), `rqtt.yaml:2: ${refusal}`);
  assertEquals(problem({ flags: { host: "0.0.0.0" } }), refusal);
  load({ yaml: `${open}  password_file: users` });
  load({ yaml: `${open}  allow_anonymous: false` });
  load({ yaml: open, environment: { RQTT_AUTH_ALLOW_ANONYMOUS: "true" } });
  load({ flags: { host: "0.0.0.0", allowAnonymous: true } });
  load({ flags: { host: "127.0.0.1" } });
});

Deno.test(
  "An admin address that others reach needs a file of tokens",
  options,
  () => {
    const refusal =
      "admin.token_file: expected the path of a file, as others " +
      "can reach 0.0.0.0:9883, found none";
    const open = "admin:\n  address: 0.0.0.0:9883\n";
    assertEquals(problem({ yaml: open }), `rqtt.yaml:1: ${refusal}`);
    assertEquals(
      problem({
        yaml:
          "listeners: [{ type: auto, address: 0.0.0.0:9883, admin: true }]\n" +
          "auth: { allow_anonymous: true }",
      }),
      `rqtt.yaml: ${refusal}`,
    );
    load({ yaml: `${open}  token_file: tokens` });
    load({ yaml: "admin: { address: 127.0.0.1:9883 }" });
    assertEquals(
      problem({ yaml: "admin: { address: 127.0.0.1:1883 }" }),
      "rqtt.yaml:1: admin.address: expected an address that no listener has, " +
        "found 127.0.0.1:1883",
    );
  },
);

Deno.test("Variables have the types of their keys", options, () => {
  const { limits } = load({
    environment: {
      RQTT_LIMITS_MAX_QOS: "1",
      RQTT_LIMITS_RETAIN_AVAILABLE: "false",
      RQTT_LIMITS_MAX_PACKET_SIZE: "64KiB",
      RQTT_LIMITS_CONNECT_TIMEOUT: "5",
      HOME: "/",
    },
  });
  assertEquals(limits.maximumQos, 1);
  assertEquals(limits.retainAvailable, false);
  assertEquals(limits.maximumPacketSizeBytes, 65_536);
  assertEquals(limits.connectTimeoutMs, 5_000);
});

Deno.test("An empty variable counts as not set", options, () => {
  const environment = { RQTT_LIMITS_MAX_QOS: "" };
  assertEquals(load({ environment }), defaultConfig());
});

Deno.test(
  "What Kubernetes sets for a Service called rqtt is no error",
  options,
  () => {
    const environment = {
      RQTT_SERVICE_HOST: "10.0.0.1",
      RQTT_SERVICE_PORT_MQTT: "1883",
      RQTT_PORT: "tcp://10.0.0.1:1883",
      RQTT_PORT_1883_TCP_ADDR: "10.0.0.1",
      RQTT_ADMIN_SERVICE_PORT: "9883",
    };
    assertEquals(load({ environment }), defaultConfig());
  },
);

Deno.test("RQTT_SECRET_ variables are left to plugins", options, () => {
  const environment = { RQTT_SECRET_ISSUER: "x" };
  assertEquals(load({ environment }), defaultConfig());
});

const FILE_PROBLEMS: readonly [name: string, yaml: string, told: string][] = [
  [
    "A misspelt key is told with the right one",
    "limits:\n  max_qos: 1\n  max_inflght_messages: 3",
    "rqtt.yaml:3: limits.max_inflght_messages: unknown key, " +
    "did you mean limits.max_inflight_messages?",
  ],
  [
    "A key in a wrong place is told with the right one",
    "log:\n  level: info\nmax_qos: 1",
    "rqtt.yaml:3: max_qos: unknown key, did you mean limits.max_qos?",
  ],
  [
    "A misspelt key in a wrong place is told with the right one",
    "max_keepalive: 60",
    "rqtt.yaml:1: max_keepalive: unknown key, " +
    "did you mean limits.max_keep_alive?",
  ],
  [
    "A key of Mosquitto is told with ours",
    "limits:\n  message_size_limit: 3",
    "rqtt.yaml:2: limits.message_size_limit: unknown key, " +
    "did you mean limits.max_payload_size?",
  ],
  [
    "A key like no other is told without a guess",
    "\nzebra: 1",
    "rqtt.yaml:2: zebra: unknown key",
  ],
  [
    "A wrong type is told",
    "limits:\n  retain_available: yes",
    "rqtt.yaml:2: limits.retain_available: expected true or false, " +
    'found "yes"',
  ],
  [
    "A number in quotes is not a number",
    'limits:\n  max_qos: "2"',
    'rqtt.yaml:2: limits.max_qos: expected 0, 1 or 2, found "2"',
  ],
  [
    "A key without value is told",
    "limits:\n  max_qos:\n",
    "rqtt.yaml:2: limits.max_qos: expected 0, 1 or 2, found nothing",
  ],
  [
    "A number below its range is told",
    "limits: { receive_maximum: 0 }",
    "rqtt.yaml:1: limits.receive_maximum: " +
    "expected a whole number from 1 to 65535, found 0",
  ],
  [
    "A fraction is not a whole number",
    "limits:\n  receive_maximum: 1.5",
    "rqtt.yaml:2: limits.receive_maximum: " +
    "expected a whole number from 1 to 65535, found 1.5",
  ],
  [
    "A size with an unknown unit is told",
    "limits:\n  max_packet_size: 1 zib",
    "rqtt.yaml:2: limits.max_packet_size: " +
    'expected a size such as 64KiB, from 128 to 268435460, found "1 zib"',
  ],
  [
    "A duration that is too long is told",
    "limits:\n  connect_timeout: 1h",
    "rqtt.yaml:2: limits.connect_timeout: " +
    'expected a duration such as 500ms or 10s, from 100ms to 10m, found "1h"',
  ],
  [
    "A Keep Alive takes whole seconds",
    "limits:\n  max_keep_alive: 1500ms",
    "rqtt.yaml:2: limits.max_keep_alive: " +
    'expected a duration such as 60s or 2h, from 0 to 65535s, found "1500ms"',
  ],
  [
    "An address without port is told",
    "listeners:\n- type: tcp\n  address: 0.0.0.0",
    "rqtt.yaml:3: listeners[0].address: expected " +
    '"host:port" such as "127.0.0.1:1883" or "[::1]:1883", found "0.0.0.0"',
  ],
  [
    "A port that is too large is told in the listener that has it",
    "listeners:\n  - address: a:1\n  # second\n  - address: a:65536",
    "rqtt.yaml:4: listeners[1].address: expected " +
    '"host:port" such as "127.0.0.1:1883" or "[::1]:1883", found "a:65536"',
  ],
  [
    "An IPv6 address without brackets is told",
    "listeners:\n  - address: ::1:1883",
    "rqtt.yaml:2: listeners[0].address: expected " +
    '"host:port" such as "127.0.0.1:1883" or "[::1]:1883", found "::1:1883"',
  ],
  [
    "A type of listener that does not exist is told",
    "listeners:\n  - type: tpc",
    "rqtt.yaml:2: listeners[0].type: expected tcp, tls, ws, wss, unix or auto, " +
    'found "tpc"',
  ],
  [
    "No listener at all is told",
    "listeners: []",
    "rqtt.yaml:1: listeners: expected a list of at least one entry, " +
    "found a list of 0",
  ],
  [
    "A mapping in place of a list is told",
    "listeners:\n  address: a:1",
    "rqtt.yaml:1: listeners: expected a list of at least one entry, " +
    "found a mapping",
  ],
  [
    "A value in place of a section is told",
    "limits: 3",
    'rqtt.yaml:1: limits: expected keys with values ("key: value"), found 3',
  ],
  [
    "A file that is no mapping is told",
    "- a\n- b",
    'rqtt.yaml: expected keys with values ("key: value"), found a list of 2',
  ],
  [
    "The same address twice is told",
    "listeners:\n  - address: a:1\n  - address: a:1",
    "rqtt.yaml:3: listeners[1].address: expected each address once, " +
    "found a:1 again",
  ],
  [
    "A hard limit below the soft one is told",
    "limits:\n  output_soft_limit: 16MiB\n  output_hard_limit: 8MiB",
    "rqtt.yaml:3: limits.output_hard_limit: expected at least " +
    "output_soft_limit (16777216 bytes), found 8388608",
  ],
  [
    "A hard limit that is not written is told in its section",
    "log:\nlimits:\n  output_soft_limit: 16MiB",
    "rqtt.yaml:2: limits.output_hard_limit: expected at least " +
    "output_soft_limit (16777216 bytes), found 8388608",
  ],
  [
    "A long value is cut in the message",
    `log:\n  level: ${"x".repeat(500)}`,
    "rqtt.yaml:2: log.level: expected debug, info, warn or error, " +
    `found "${"x".repeat(60)}…"`,
  ],
  [
    "What is not YAML is told with line and column",
    "limits:\n  max_qos: 1\n max_queued: 2",
    "rqtt.yaml:3:2: not YAML: bad indentation of a mapping entry",
  ],
];

for (const [name, yaml, told] of FILE_PROBLEMS) {
  Deno.test(name, options, () => assertEquals(problem({ yaml }), told));
}

Deno.test("A wrong variable is told by its name", options, () => {
  assertEquals(
    problem({ environment: { RQTT_LIMITS_MAX_QOS: "3" } }),
    "RQTT_LIMITS_MAX_QOS: limits.max_qos: expected 0, 1 or 2, found 3",
  );
});

Deno.test("A variable without key is told with the nearest", options, () => {
  assertEquals(
    problem({ environment: { RQTT_LIMITS_MAXQOS: "1" } }),
    "RQTT_LIMITS_MAXQOS: unknown variable, did you mean RQTT_LIMITS_MAX_QOS?",
  );
});

Deno.test(
  "A variable of a listener that does not exist is told",
  options,
  () => {
    assertEquals(
      problem({ environment: { RQTT_LISTENERS_1_ADDRESS: "a:1" } }),
      "RQTT_LISTENERS_1_ADDRESS: unknown variable, " +
        "did you mean RQTT_LISTENERS_0_ADDRESS?",
    );
  },
);

Deno.test(
  "A mistake in the file is told though a variable hides it",
  options,
  () => {
    assertEquals(
      problem({
        yaml: "log: { level: loud }",
        environment: { RQTT_LOG_LEVEL: "info" },
      }),
      "rqtt.yaml:1: log.level: expected debug, info, warn or error, " +
        'found "loud"',
    );
  },
);

Deno.test("A host that is none is told by its flag", options, () => {
  assertEquals(
    problem({ flags: { host: "a b" } }),
    "--host: listeners[0].address: expected " +
      '"host:port" such as "127.0.0.1:1883" or "[::1]:1883", found "a b:1883"',
  );
});

const READ_PROBLEMS: readonly [error: Error, told: string][] = [
  [new Deno.errors.NotFound(), "no such file"],
  [new Deno.errors.PermissionDenied(), "may not be read"],
  [new Deno.errors.IsADirectory(), "is a directory"],
  [
    new Deno.errors.NotCapable(),
    "may not be read, Deno needs --allow-read for it",
  ],
  [new Error("broken disk"), "broken disk"],
];

for (const [error, told] of READ_PROBLEMS) {
  Deno.test(`A file that cannot be read is told: ${told}`, options, () => {
    const readTextFile = () => {
      throw error;
    };
    assertEquals(problem({ yaml: "", readTextFile }), `rqtt.yaml: ${told}`);
  });
}

/** Keys that name a file each, the file, and how it is made. */
const NAMED_FILES: readonly [key: string, yaml: string, told: string][] = [
  [
    "auth.password_file",
    "\nauth:\n  password_file: users",
    "rqtt.yaml:3: auth.password_file: users: no such file, make it with rqtt " +
    "passwd -c users NAME or correct the path, which begins at the working " +
    "directory",
  ],
  [
    "auth.acl_file",
    "auth:\n  acl_file: /etc/rqtt/acl",
    "rqtt.yaml:2: auth.acl_file: /etc/rqtt/acl: no such file, make it or " +
    "correct the path",
  ],
  [
    "auth.roles_file",
    "auth:\n  roles_file: /roles",
    "rqtt.yaml:2: auth.roles_file: /roles: no such file, make it or correct " +
    "the path",
  ],
  [
    "auth.ban_file",
    "auth:\n  ban_file: /bans",
    "rqtt.yaml:2: auth.ban_file: /bans: no such file, make it or correct the " +
    "path",
  ],
  [
    "plugins[1].module",
    "plugins:\n  - { name: a, module: rqtt:jwt }\n  - name: b\n" +
    "    module: file:///b.js",
    "rqtt.yaml:4: plugins[1].module: /b.js: no such file, make it or correct " +
    "the path",
  ],
];

for (const [key, yaml, told] of NAMED_FILES) {
  Deno.test(
    `A file of ${key} that is not there is told with its line`,
    options,
    () => {
      const readTextFile = (path: string) => {
        if (path === "rqtt.yaml") return yaml;
        throw new Deno.errors.NotFound();
      };
      assertEquals(problem({ yaml, readTextFile }), told);
      load({ yaml, readTextFile, checksFiles: false });
    },
  );
}

Deno.test(
  "A file that a variable names is told by the variable",
  options,
  () => {
    const readTextFile = () => {
      throw new Deno.errors.PermissionDenied();
    };
    assertEquals(
      problem({ environment: { RQTT_AUTH_BAN_FILE: "/bans" }, readTextFile }),
      "RQTT_AUTH_BAN_FILE: auth.ban_file: /bans: may not be read, let the user " +
        "that runs the broker read it",
    );
  },
);

Deno.test("A file of tokens that cannot be made is told with its line", () => {
  assertEquals(
    problem({ yaml: "admin:\n  token_file: /nowhere/tokens" }),
    "rqtt.yaml:2: admin.token_file: /nowhere/tokens: there is no folder " +
      "/nowhere/, make it or correct the path",
  );
  load({ yaml: "admin:\n  token_file: tokens" });
});
