/**
 * What can be configured about who may connect and do what.
 */
import type { AuthConfig, LinkNames, OrDefault } from "./config.ts";
import { field, type Fields, type Section } from "./entries.ts";
import {
  BOOLEAN,
  BOOLEAN_OR_AUTO,
  listOfNames,
  PATH_OR_NONE,
  wordOr,
} from "./scalars.ts";

const AUTHENTICATORS = listOfNames("authenticators");
const AUTHORIZERS = listOfNames("authorizers");

/** Who is asked by default, and the files to ask. */
export const AUTH: Fields<AuthConfig> = {
  allowAnonymous: field("allow_anonymous", BOOLEAN_OR_AUTO, {
    initial: "auto",
    summary: "let in clients that show no user name; auto does as long as " +
      "there is no password_file and no plugin, and needs every address to be " +
      "loopback then",
  }),
  passwordFile: field("password_file", PATH_OR_NONE, {
    initial: "none",
    summary: "users and hashed passwords, as rqtt passwd and " +
      "mosquitto_passwd write them",
  }),
  aclFile: field("acl_file", PATH_OR_NONE, {
    initial: "none",
    summary: "what users may read and write, in the form of mosquitto; " +
      "without this and roles_file they may do everything",
  }),
  rolesFile: field("roles_file", PATH_OR_NONE, {
    initial: "none",
    summary: "the same in YAML, by roles",
  }),
  banFile: field("ban_file", PATH_OR_NONE, {
    initial: "none",
    summary: "who must not connect: lines such as address 192.0.2.0/24, " +
      "client NAME or user NAME",
  }),
  sessionsBelongToUsers: field("sessions_belong_to_users", BOOLEAN, {
    initial: true,
    summary: "refuse a client whose client identifier has the session of " +
      "another user; clients without a user name count as one user",
  }),
  authenticators: field("authenticators", wordOr("auto", AUTHENTICATORS), {
    initial: "auto",
    summary: "who is asked in turn whether to let a client in: " +
      "certificate, scram, password_file, names of plugins, anonymous; " +
      "auto asks all there are, in this order",
  }),
  authorizers: field("authorizers", wordOr("auto", AUTHORIZERS), {
    initial: "auto",
    summary: "who is asked in turn what a client may do: acl_file, " +
      "roles_file, names of plugins; auto asks all there are, in this order; " +
      "an empty list allows everything",
  }),
};

/** The same for one listener. */
export const LISTENER_AUTH: Section<OrDefault<LinkNames>> = {
  kind: "section",
  key: "auth",
  summary: "Who decides about clients that connect here",
  fields: {
    authenticators: field(
      "authenticators",
      wordOr("default", wordOr("auto", AUTHENTICATORS)),
      {
        initial: "default",
        summary: "as auth.authenticators, which is the default",
      },
    ),
    authorizers: field(
      "authorizers",
      wordOr("default", wordOr("auto", AUTHORIZERS)),
      {
        initial: "default",
        summary: "as auth.authorizers, which is the default",
      },
    ),
  },
};
