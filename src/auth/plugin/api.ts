/**
 * How to write a plugin: a module that decides who may connect and what
 * clients may do, in a Worker with the permissions that the configuration
 * gives it and no others.
 *
 * ```ts
 * import { definePlugin } from "@rqtt/rqtt/plugin";
 *
 * export default definePlugin({
 *   authenticate({ userName }) {
 *     if (userName !== "guest") return "pass";
 *     return { answer: "allow", rules: ["read news/#"] };
 *   },
 * });
 * ```
 *
 * The default export is all that counts: a plugin may also be a plain object
 * in a JavaScript file that imports nothing. Whatever a hook throws, answers
 * too late or answers in another form than these types have, means "deny": so
 * does an answer with a property that they do not have.
 * @module
 */

/** What a plugin may be asked about. */
export type Action = "publish" | "subscribe" | "receive";

/** Where a line of {@linkcode PluginContext.log} is worth looking at. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** What every hook gets beside its question. */
export interface PluginContext {
  /** As the configuration calls the plugin. */
  readonly name: string;
  /** As the configuration has them; what they mean is up to the plugin. */
  readonly options: Readonly<Record<string, unknown>>;
  /**
   * Writes one line of the broker's log, with the plugin's name. Too many are
   * left out. `console.log` and its kin do the same.
   */
  log(level: LogLevel, text: string): void;
}

/** Who a peer is by the certificate that it has proven to own. */
export interface Certificate {
  /** The common name of the subject; empty if it has none. */
  readonly commonName: string;
  /** In hexadecimal digits. */
  readonly serialNumber: string;
  /** SHA-256: hexadecimal pairs with colons between them. */
  readonly fingerprint: string;
  /** As in `DNS:a.example, email:b@example`; empty if there are none. */
  readonly alternativeNames: string;
}

/** A client, as far as it is known. */
export interface Client {
  /** Empty if the broker is to assign one. */
  readonly clientIdentifier: string;
  readonly userName: string | null;
  /** `address:port`. */
  readonly remoteAddress: string;
  /** The address of the listener as the configuration has it. */
  readonly listener: string;
}

/** A client that wants to be let in. */
export interface Login extends Client {
  readonly password: Uint8Array | null;
  /** 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. */
  readonly protocolVersion: number;
  readonly cleanStart: boolean;
  readonly keepAliveSeconds: number;
  /** `null` if the client has shown none. */
  readonly certificate: Certificate | null;
  /** Whether the listener has taken the user name from the certificate. */
  readonly isVouched: boolean;
}

/** One message of an exchange of AUTH packets. */
export interface ExchangeMessage extends Client {
  /** The Authentication Method. */
  readonly method: string;
  /** The Authentication Data; empty if the client sent none. */
  readonly data: Uint8Array;
  /** What the step before has asked to be given; `null` in the first. */
  readonly state: string | null;
  /** Whether the client is connected already and does it again. */
  readonly isReAuthentication: boolean;
}

/** What a client wants to do. */
export interface AccessQuestion extends Client {
  readonly action: Action;
  /** A Topic Name; with "subscribe" a Topic Filter, without `$share/name/`. */
  readonly topic: string;
}

/** How a connection has ended. */
export interface Farewell extends Client {
  /** As in DISCONNECT of MQTT 5.0. */
  readonly reasonCode: number;
  readonly cause: string;
}

/** A message that a client has published, and the broker has accepted. */
export interface PublishedMessage extends Client {
  readonly topic: string;
  /** A copy of the plugin's own. */
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  /** As the client has set it: the message may also have been retained. */
  readonly isRetained: boolean;
  /** When it came in, in milliseconds since the epoch. */
  readonly receivedAtMs: number;
  /** What follows is of MQTT 5.0. Whether the client calls the payload UTF-8. */
  readonly isText: boolean;
  readonly contentType: string | null;
  readonly responseTopic: string | null;
  readonly correlationData: Uint8Array | null;
  /** For how long the message is worth delivering; `null` is for ever. */
  readonly expirySeconds: number | null;
  /** In the order of the packet; names may repeat. */
  readonly userProperties: readonly (readonly [name: string, value: string])[];
}

/** What a client is that was let in. */
export interface Admission {
  readonly answer: "allow";
  /** The user name to go on with, if not that of the client. */
  readonly userName?: string;
  /**
   * What the client may do, as lines of an ACL file: `read plant/#`,
   * `readwrite devices/%c/#`, `deny plant/secret`. Without `rules` and
   * `roles` the authorizers of the listener decide alone; with them these are
   * asked first, and what nothing grants is denied.
   */
  readonly rules?: readonly string[];
  /** Roles of `auth.roles_file`; unknown ones grant nothing. */
  readonly roles?: readonly string[];
  /**
   * Whether what `rules` and `roles` do not grant is denied without asking the
   * authorizers.
   */
  readonly isFinal?: boolean;
  /**
   * When the credential ends, in milliseconds since the epoch: the client is
   * disconnected with 0x87 then, unless it has authenticated again.
   */
  readonly expiresAtMs?: number;
}

/** Who was not let in; `reason` is for the log, never for the client. */
export interface Refusal {
  readonly answer: "deny";
  readonly reason?: string;
  /**
   * A Reason Code of CONNACK, 0x80 or more: 0x86 (bad user name or password)
   * if it is left out.
   */
  readonly reasonCode?: number;
}

/** "I do not know": the next authenticator, or authorizer, is asked. */
export interface Pass {
  readonly answer: "pass";
}

/** What {@linkcode Plugin.authenticate} answers; a word stands for itself. */
export type LoginAnswer =
  | "allow"
  | "deny"
  | "pass"
  | Admission
  | Refusal
  | Pass;

/** What {@linkcode Plugin.continueAuthentication} answers. */
export type ExchangeAnswer =
  | "deny"
  | Refusal
  | {
    readonly answer: "continue";
    /** What the client is sent. */
    readonly data?: Uint8Array;
    /** Given back with the next message of the client; for instance JSON. */
    readonly state?: string;
  }
  | (Admission & {
    /** What the client is sent last. */
    readonly data?: Uint8Array;
  });

/** What {@linkcode Plugin.authorize} answers. */
export type AccessAnswer =
  | "allow"
  | "deny"
  | "pass"
  | {
    readonly answer: "allow" | "deny" | "pass";
    /** The rule it goes by, for the log. */
    readonly reason?: string;
    /**
     * For how long the answer is remembered for this client and topic, in
     * seconds; what the configuration says (`cache`) if it is left out. Less
     * than 1 is 1: a burst of messages is not to ask for each of them.
     */
    readonly cacheSeconds?: number;
  };

type Eventually<Value> = Value | Promise<Value>;

/** The hooks of a plugin; it needs only those that it has a use for. */
export interface Plugin {
  /** Authentication Methods that `continueAuthentication` knows. */
  readonly authenticationMethods?: readonly string[];
  /**
   * Called once before everything else. A plugin that throws here does not
   * start, and neither does a broker that needs it.
   */
  setup?(context: PluginContext): Eventually<void>;
  /** Whether a client is let in. */
  authenticate?(
    login: Login,
    context: PluginContext,
  ): Eventually<LoginAnswer>;
  /** The next step of an exchange of AUTH packets, the first one included. */
  continueAuthentication?(
    message: ExchangeMessage,
    context: PluginContext,
  ): Eventually<ExchangeAnswer>;
  /** Whether a client may do something. */
  authorize?(
    question: AccessQuestion,
    context: PluginContext,
  ): Eventually<AccessAnswer>;
  /** A client was let in; the answer counts for nothing. */
  onConnect?(client: Client, context: PluginContext): Eventually<void>;
  /** A client that was let in is gone; the answer counts for nothing. */
  onDisconnect?(client: Farewell, context: PluginContext): Eventually<void>;
  /**
   * A client has published a message, and was allowed to. Only those come
   * here whose topics match a Topic Filter in `permissions.messages` of the
   * configuration, and only from clients: no Wills, nothing of the broker's
   * own; a repeat at QoS 1 comes again. They come in the order in which each
   * client has published them, from all listeners whoever else is asked
   * there, and one at a time: the next one when this has returned, or its
   * promise has settled. It cannot change or refuse a message. Where it throws
   * or takes longer than `timeout` the message is left behind, and if too many
   * wait the plugin misses the rest; clients notice nothing.
   */
  onPublish?(
    message: PublishedMessage,
    context: PluginContext,
  ): Eventually<void>;
}

/** Returns `plugin`, whose types are checked: what a plugin module exports. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}
