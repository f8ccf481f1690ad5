/**
 * What can be configured of the admin HTTP.
 */
import type { AdminConfig } from "./config.ts";
import { count, field, type Fields } from "./entries.ts";
import { ADDRESS_OR_NONE, HOST_NAMES, PATH_OR_NONE, size } from "./scalars.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** The section `admin`. */
export const ADMIN: Fields<AdminConfig> = {
  address: field("address", ADDRESS_OR_NONE, {
    initial: "none",
    summary: "where it listens, 127.0.0.1:9883 by convention; with none only " +
      "listeners of type auto can have it",
  }),
  certificatePath: field("certificate", PATH_OR_NONE, {
    initial: "none",
    summary: "the server's certificate; with none there is no TLS",
  }),
  privateKeyPath: field("private_key", PATH_OR_NONE, {
    initial: "none",
    summary: "the private key of the certificate",
  }),
  tokenFile: field("token_file", PATH_OR_NONE, {
    initial: "none",
    summary: "who may use it: lines of a role (read or write), a user whose " +
      "rights to topics hold, and a token; made if it is not there; with none " +
      "a token is made for each run and logged, which needs loopback addresses",
  }),
  allowedHosts: field("allowed_hosts", HOST_NAMES, {
    initial: "none",
    summary: "names that browsers may call it by, beside localhost and " +
      "addresses",
  }),
  maximumConnections: field("max_connections", count(100_000), {
    initial: 256,
    summary: "connections open at the same time at this address",
  }),
  maximumStreams: field("max_streams", count(100_000), {
    initial: 100,
    summary: "live subscriptions at the same time",
  }),
  maximumBodyBytes: field(
    "max_body_size",
    size({ from: KIB, to: 512 * MIB }),
    { initial: "2MiB", summary: "the largest request accepted" },
  ),
};
