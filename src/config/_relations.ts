import { Misfit } from "./_check.ts";
import { checkLinks, isOpenByDefault } from "./_links.ts";
import type { AdminConfig, Config, Listener } from "./config.ts";
import { validateTopicFilter } from "../topics/mod.ts";
import type { NetworkListenerOptions, TlsOptions } from "../transport/mod.ts";
import type { Path } from "./_locate.ts";
import { isLoopback } from "./loopback.ts";
import { formatAddress } from "./scalars.ts";

/**
 * Checks what one key alone cannot show.
 * @throws {Misfit} If two values contradict each other.
 */
export function checkRelations(config: Config): void {
  const { admin, limits, listeners } = config;
  const { outputSoftLimitBytes, outputHardLimitBytes } = limits;
  if (outputHardLimitBytes < outputSoftLimitBytes) {
    throw new Misfit(
      ["limits", "output_hard_limit"],
      `expected at least output_soft_limit (${outputSoftLimitBytes} bytes), ` +
        `found ${outputHardLimitBytes}`,
    );
  }
  checkAddresses(listeners, admin.address);
  for (const [index, listener] of listeners.entries()) {
    if (listener.type === "unix" || listener.tls === undefined) continue;
    checkTls(listener.tls, ["listeners", index]);
    checkTlsEngine(listener, ["listeners", index]);
  }
  checkLinks(config);
  checkPluginFilters(config.plugins);
  checkPosture(config);
  checkAdmin(admin, listeners);
}

function checkAddresses(
  listeners: readonly Listener[],
  admin: AdminConfig["address"],
): void {
  const seen = new Set<string>();
  for (const [index, listener] of listeners.entries()) {
    const isUnix = listener.type === "unix";
    const address = isUnix ? listener.path : formatAddress(listener);
    if ((isUnix || listener.port !== 0) && seen.has(address)) {
      throw new Misfit(
        ["listeners", index, isUnix ? "path" : "address"],
        `expected each address once, found ${address} again`,
      );
    }
    seen.add(address);
  }
  if (admin === null || admin.port === 0) return;
  const address = formatAddress(admin);
  if (!seen.has(address)) return;
  throw new Misfit(
    ["admin", "address"],
    `expected an address that no listener has, found ${address}`,
  );
}

/** Clients are only let in by what is there to judge them by. */
function checkTls(tls: TlsOptions, path: Path): void {
  for (const key of ["certificatePath", "privateKeyPath"] as const) {
    // A listener of type auto has both of them or neither.
    if (tls[key] as string | null !== null) continue;
    throw new Misfit(
      [...path, key === "certificatePath" ? "certificate" : "private_key"],
      "expected the path of a file, as one of both is there, found none",
    );
  }
  const { clientAuthentication, clientCaPath, revocationListPath } = tls;
  const asksClients = clientAuthentication !== "none";
  if (asksClients && clientCaPath === null) {
    throw new Misfit(
      [...path, "client_ca"],
      `expected the path of a file as client_auth is ${clientAuthentication}` +
        ", found none",
    );
  }
  if (!asksClients && (clientCaPath ?? revocationListPath) !== null) {
    throw new Misfit(
      [...path, "client_auth"],
      "expected request or require as there are files to check clients by, " +
        "found none",
    );
  }
  if (!asksClients && tls.usesIdentityAsUserName) {
    throw new Misfit(
      [...path, "client_auth"],
      "expected request or require as use_identity_as_user_name is true, " +
        "found none",
    );
  }
}

/** Deno's TLS begins with the first byte and asks for nothing. */
function checkTlsEngine(listener: NetworkListenerOptions, path: Path): void {
  const { tlsEngine, tls, usesProxyProtocol } = listener;
  if (tlsEngine !== "deno") return;
  const problem = usesProxyProtocol
    ? "proxy_protocol is true"
    : tls?.clientAuthentication !== "none"
    ? `client_auth is ${tls?.clientAuthentication}`
    : null;
  if (problem === null) return;
  throw new Misfit(
    [...path, "tls_engine"],
    `expected node as ${problem}, found deno`,
  );
}

/** Whoever opens the broker to others has to say whom it lets in; certificates say it. */
function checkPosture(config: Config): void {
  for (const listener of config.listeners) {
    if (listener.type === "unix" || isLoopback(listener)) continue;
    if (listener.tls?.clientAuthentication === "require") continue;
    if (!isOpenByDefault(config, listener)) continue;
    throw new Misfit(
      ["auth", "allow_anonymous"],
      `others can reach ${formatAddress(listener)}, so name a ` +
        "password_file, or say true to let everybody in",
    );
  }
}

/** Topic Filters that would match nothing, or could not be read. */
function checkPluginFilters(plugins: Config["plugins"]): void {
  for (const [index, { permissions }] of plugins.entries()) {
    for (const filter of permissions.messages) {
      const fault = filter.startsWith("$share/")
        ? "ShareName, which only subscriptions have"
        : validateTopicFilter(filter);
      if (fault === null) continue;
      throw new Misfit(
        ["plugins", index, "permissions", "messages"],
        `expected Topic Filters such as plant/#, found "${filter}", which ` +
          `has a ${fault}`,
      );
    }
  }
}

function checkAdmin(
  { address, certificatePath, privateKeyPath, tokenFile }: AdminConfig,
  listeners: readonly Listener[],
): void {
  if ((certificatePath === null) !== (privateKeyPath === null)) {
    throw new Misfit(
      ["admin", certificatePath === null ? "certificate" : "private_key"],
      "expected the path of a file, as one of both is there, found none",
    );
  }
  const addresses = listeners.flatMap((listener) =>
    listener.type === "auto" && listener.servesAdmin ? [listener] : []
  );
  const open = [...address === null ? [] : [address], ...addresses]
    .find((each) => !isLoopback(each));
  if (open === undefined || tokenFile !== null) return;
  throw new Misfit(
    ["admin", "token_file"],
    `expected the path of a file, as others can reach ${formatAddress(open)}` +
      ", found none",
  );
}
