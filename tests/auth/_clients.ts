import type {
  AuthenticationRequest,
  ClientIdentity,
} from "../../src/broker/mod.ts";
import type { ConnectPacket } from "../../src/codec/mod.ts";

/** Somebody whom rules are asked about. */
export function client(
  userName: string | null = null,
  clientIdentifier = "c1",
): ClientIdentity {
  return {
    userName,
    clientIdentifier,
    remoteAddress: "192.0.2.1:1",
    authorization: null,
  };
}

/** What the chain is asked when somebody connects. */
export function login(
  userName: string | null,
  password: string | null = null,
): AuthenticationRequest {
  const connect: ConnectPacket = {
    type: 1,
    protocolVersion: 5,
    clientIdentifier: "c1",
    cleanStart: true,
    keepAliveSeconds: 0,
    userName,
    password: password === null ? null : new TextEncoder().encode(password),
    willMessage: null,
    properties: {},
  };
  return {
    connect,
    userName,
    isVouched: false,
    certificateIdentity: null,
    remoteAddress: "192.0.2.1:1",
  };
}
