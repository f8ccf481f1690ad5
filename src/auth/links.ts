import type { LinkNames } from "../config/mod.ts";
import {
  AnonymousAuthenticator,
  CERTIFICATE,
  VouchedAuthenticator,
} from "./anonymous.ts";
import { ANONYMOUS } from "./decision_chain.ts";
import {
  PluginAuthenticator,
  PluginController,
  type PluginSet,
} from "./plugin/mod.ts";
import { ConfigError } from "../config/error.ts";
import type { AccessController, Authenticator, Links } from "./verdict.ts";

/** What links are made of. */
export interface LinkParts {
  /** Whether `auto` lets in who shows no user name. */
  readonly isAnonymousAllowed: boolean;
  /** Whether a listener takes user names from client certificates. */
  readonly areCertificatesNames: boolean;
  readonly plugins: PluginSet;
  /** Those of files, in the order in which they are asked by default. */
  readonly authenticators: readonly Authenticator[];
  readonly controllers: readonly AccessController[];
  readonly nowMs: () => number;
}

/**
 * Puts together the links that `names` name, or by default all there are.
 * @throws {ConfigError} If a plugin has no hook for its place.
 */
export function makeLinks(
  { authenticators, authorizers }: LinkNames,
  parts: LinkParts,
): Links {
  return {
    authenticators: makeAuthenticators(authenticators, parts),
    controllers: makeControllers(authorizers, parts),
  };
}

function makeAuthenticators(
  names: LinkNames["authenticators"],
  {
    isAnonymousAllowed,
    areCertificatesNames,
    plugins,
    authenticators,
  }: LinkParts,
): Authenticator[] {
  const vouched = new VouchedAuthenticator(areCertificatesNames);
  if (names === "auto") {
    const links = [vouched, ...authenticators];
    for (const plugin of plugins) {
      const { host } = plugin;
      if (host.has("authenticate") || host.has("continueAuthentication")) {
        links.push(new PluginAuthenticator(plugin));
      }
    }
    if (isAnonymousAllowed) {
      links.push(new AnonymousAuthenticator(links.length === 1));
    }
    return links;
  }
  const links: Authenticator[] = [];
  for (const name of names) {
    if (name === CERTIFICATE) {
      links.push(vouched);
    } else if (name === ANONYMOUS) {
      const checksNames = links.some((link) => link !== vouched);
      links.push(new AnonymousAuthenticator(!checksNames));
    } else {
      const plugin = plugins.get(name);
      if (plugin === undefined) {
        links.push(find(authenticators, name));
        continue;
      }
      const { host } = plugin;
      if (!host.has("authenticate") && !host.has("continueAuthentication")) {
        throw lacksHook(name, "authenticate");
      }
      links.push(new PluginAuthenticator(plugin));
    }
  }
  return links;
}

function makeControllers(
  names: LinkNames["authorizers"],
  { plugins, controllers, nowMs }: LinkParts,
): AccessController[] {
  const links: AccessController[] = names === "auto" ? [...controllers] : [];
  if (names === "auto") {
    for (const plugin of plugins) {
      if (plugin.host.has("authorize")) {
        links.push(new PluginController(plugin, nowMs));
      }
    }
    return links;
  }
  for (const name of names) {
    const plugin = plugins.get(name);
    if (plugin === undefined) {
      links.push(find(controllers, name));
    } else if (plugin.host.has("authorize")) {
      links.push(new PluginController(plugin, nowMs));
    } else {
      throw lacksHook(name, "authorize");
    }
  }
  return links;
}

/** A listener that stays until a restart may name what is gone. */
function find<Link extends { readonly name: string }>(
  links: readonly Link[],
  name: string,
): Link {
  const found = links.find((link) => link.name === name);
  if (found !== undefined) return found;
  throw new ConfigError(
    `Cannot load configuration: a listener asks ${name}, which is not there`,
  );
}

function lacksHook(name: string, hook: string): ConfigError {
  return new ConfigError(
    `Cannot load configuration: plugin ${name} has no hook ${hook}, which ` +
      "its place in the chain needs",
  );
}
