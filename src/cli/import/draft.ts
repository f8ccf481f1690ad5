import type { Directive } from "./directives.ts";

/** A section of the configuration that is not a list. */
export type SectionName = "auth" | "limits" | "persistence" | "log";

/** A setting that has no equivalent, and what to do about it. */
export interface Note {
  readonly directive: Directive;
  readonly reason: string;
}

/** Who may connect, by one listener of Mosquitto or by all. */
export interface SecurityDraft {
  allowAnonymous: boolean | null;
  passwordFile: string | null;
  aclFile: string | null;
}

/** Who lets clients in through a listener, and who says what they may do. */
export interface LinkDraft {
  readonly authenticators: readonly string[];
  readonly authorizers: readonly string[];
}

/** A listener of Mosquitto, as far as it has been read. */
export class ListenerDraft {
  port: number | null;
  host: string | null;
  /** Instead of port and host. */
  unixPath: string | null = null;
  isWebSocket = false;
  isIpv6 = false;
  certificate: string | null = null;
  privateKey: string | null = null;
  clientCa: Directive | null = null;
  revocationList: Directive | null = null;
  requiresCertificate = false;
  usesIdentity = false;
  usesProxyProtocol = false;
  maximumConnections: number | null = null;
  /** Who decides here, if that is not decided for all listeners together. */
  links: LinkDraft | null = null;
  readonly security: SecurityDraft = noSecurity();
  readonly limits = new Map<string, number>();
  readonly notes: Note[] = [];

  constructor(port: number | null, host: string | null) {
    this.port = port;
    this.host = host;
  }
}

/** The configuration as it grows while settings are read. */
export class Draft {
  /** What stands before any `listener`, and is none unless it has a setting. */
  readonly defaultListener = new ListenerDraft(null, null);
  isDefaultUsed = false;
  readonly listeners: ListenerDraft[] = [];
  readonly security: SecurityDraft = noSecurity();
  hasSecurityPerListener = false;
  readonly sections = new Map<SectionName, Map<string, string>>();
  /** By section, or "" for what belongs to none. */
  readonly notes = new Map<SectionName | "bridges" | "", Note[]>();
  systemIntervalSeconds: number | null = null;
  isPersistent = false;
  persistenceLocation = "";
  persistenceFile = "mosquitto.db";
  /** The least important kind of lines that `log_type` asks for. */
  logTypes = new Set<string>();

  /** The listener that the next setting belongs to. */
  get listener(): ListenerDraft {
    return this.listeners.at(-1) ?? this.defaultListener;
  }

  /** Where the next setting about users and rights belongs. */
  get currentSecurity(): SecurityDraft {
    return this.hasSecurityPerListener ? this.listener.security : this.security;
  }

  set(section: SectionName, key: string, value: string): void {
    let keys = this.sections.get(section);
    if (keys === undefined) {
      keys = new Map();
      this.sections.set(section, keys);
    }
    keys.set(key, value);
  }

  note(section: SectionName | "bridges" | "", note: Note): void {
    const notes = this.notes.get(section) ?? [];
    notes.push(note);
    this.notes.set(section, notes);
  }

  /** Remembers what belongs to the current listener and has no equivalent. */
  noteListener(note: Note): void {
    this.listener.notes.push(note);
  }
}

function noSecurity(): SecurityDraft {
  return { allowAnonymous: null, passwordFile: null, aclFile: null };
}
