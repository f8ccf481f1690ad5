import type { AdminConfig, Config, Listener } from "../config/mod.ts";
import {
  formatListeningAddress,
  type HttpListenerOptions,
  type Listener as OpenListener,
} from "../transport/mod.ts";

/** How one listener stands. */
export interface ListenerState {
  readonly type: Listener["type"] | "admin";
  /** As logs name it. */
  readonly address: string;
  readonly hasTls: boolean;
  readonly connectionCount: number;
  readonly maximumConnections: number;
}

/** Listeners that are open. */
export interface OpenListeners {
  /** Those of clients, in the order of the configuration. */
  readonly listeners: readonly OpenListener[];
  /** That of the admin HTTP, if it has one. */
  readonly adminListener: OpenListener | null;
}

/** How each listener stands; that of the admin HTTP is the last. */
export function readListenerStates(
  { admin, listeners: configs }: Config,
  { listeners, adminListener }: OpenListeners,
): ListenerState[] {
  const states = listeners.map((listener, index): ListenerState => ({
    type: configs[index].type,
    address: formatListeningAddress(listener.address),
    hasTls: "tls" in configs[index],
    connectionCount: listener.connectionCount,
    maximumConnections: configs[index].maximumConnections,
  }));
  if (adminListener !== null) {
    states.push({
      type: "admin",
      address: formatListeningAddress(adminListener.address),
      hasTls: admin.certificatePath !== null,
      connectionCount: adminListener.connectionCount,
      maximumConnections: admin.maximumConnections,
    });
  }
  return states;
}

/** How to open the listener of the admin HTTP; `null` if it has none. */
export function adminListenerOptions(
  { address, certificatePath, privateKeyPath, maximumConnections }: AdminConfig,
): HttpListenerOptions | null {
  if (address === null) return null;
  if (certificatePath === null || privateKeyPath === null) {
    return { ...address, maximumConnections };
  }
  return {
    ...address,
    maximumConnections,
    tls: {
      certificatePath,
      privateKeyPath,
      clientAuthentication: "none",
      clientCaPath: null,
      revocationListPath: null,
      usesIdentityAsUserName: false,
    },
  };
}

/** Whether any listener has the admin HTTP. */
export function isAdminServed({ admin, listeners }: Config): boolean {
  return admin.address !== null ||
    listeners.some((each) => each.type === "auto" && each.servesAdmin);
}
