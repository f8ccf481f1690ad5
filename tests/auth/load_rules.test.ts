import { loadRules } from "../../src/auth/mod.ts";
import {
  type AuthConfig,
  ConfigError,
  defaultConfig,
} from "../../src/config/mod.ts";
import { assertEquals, assertThrows } from "../_assert.ts";

const KEYS = {
  passwordFile: "password_file",
  aclFile: "acl_file",
  rolesFile: "roles_file",
  banFile: "ban_file",
} satisfies Partial<Record<keyof AuthConfig, string>>;

for (const [name, key] of Object.entries(KEYS)) {
  Deno.test({
    name: `a file of ${key} that is gone is told by its key and path`,
    permissions: "none",
    fn() {
      const defaults = defaultConfig();
      const config = {
        ...defaults,
        auth: { ...defaults.auth, [name]: "/run/gone" },
      };
      const readTextFile = () => {
        throw new Deno.errors.NotFound();
      };
      const { message } = assertThrows(
        () => loadRules(config, { readTextFile }),
        ConfigError,
      );
      assertEquals(
        message,
        `Cannot load configuration: auth.${key}: /run/gone: no such file, ` +
          "make it or correct the path",
      );
    },
  });
}
