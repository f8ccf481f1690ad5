import { createServer, type PeerCertificate, type TLSSocket } from "node:tls";
import type { Socket } from "node:net";
import type { CertificateIdentity } from "../../broker/mod.ts";
import type { Arrival, Step } from "../arrival.ts";
import { PeerError } from "../byte_stream.ts";
import { NodeStream } from "../node_stream.ts";
import type { Credentials } from "./credentials.ts";
import {
  explainRevocation,
  isRevoked,
  nameCertificate,
} from "./revocation_list.ts";

/** Whether clients are asked for a certificate, and let in without one. */
export type ClientAuthentication = "none" | "request" | "require";

/** How a {@linkcode TlsGate} meets its peers. */
export interface TlsGateOptions {
  readonly clientAuthentication: ClientAuthentication;
  /** The common name of a client's certificate becomes its user name. */
  readonly usesIdentityAsUserName: boolean;
  readonly alpnProtocols: string[];
}

/**
 * TLS on sockets that are there already, by `node:tls`: with certificates of
 * clients, and behind bytes that somebody else has read.
 */
export class TlsGate {
  readonly #options: TlsGateOptions;
  #credentials: Credentials;

  constructor(options: TlsGateOptions, credentials: Credentials) {
    this.#options = options;
    this.#credentials = credentials;
  }

  /** Meets new peers with `credentials`. */
  renew(credentials: Credentials): void {
    this.#credentials = credentials;
  }

  /** Puts TLS on top of the stream of the arrival, a {@linkcode NodeStream}. */
  readonly enter: Step = async (arrival) => {
    const below = arrival.stream as NodeStream;
    const socket = await this.#shakeHands(below.detach(arrival.window));
    arrival.stream = new NodeStream(socket, below.remoteAddress);
    if (this.#options.clientAuthentication !== "none") {
      this.#identify(arrival, socket);
    }
    return true;
  };

  #shakeHands(socket: Socket): Promise<TLSSocket> {
    const { certificate, privateKey, clientCa } = this.#credentials;
    const { alpnProtocols, clientAuthentication } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
    // It never listens: it is what node:tls has to tell whose handshake it is.
    const server = createServer({
      cert: certificate,
      key: privateKey,
      ca: clientCa ?? undefined,
      requestCert: clientAuthentication !== "none",
      rejectUnauthorized: clientAuthentication === "require",
      ALPNProtocols: alpnProtocols,
      minVersion: "TLSv1.2",
    }, resolve);
    server.on("tlsClientError", (error, socket) => {
      reject(
        new PeerError(`TLS handshake failed: ${explain(error, socket)}`, {
          cause: error,
        }),
      );
    });
    socket.on("close", () => {
      // What has gone wrong, if anything has, is told right after this.
      setTimeout(() => {
        reject(new PeerError("TLS handshake failed: closed by the client"));
      });
    });
    server.emit("connection", socket);
    return promise;
  }

  #identify(arrival: Arrival, socket: TLSSocket): void {
    const certificate = socket.getPeerCertificate();
    // Not even `authorized` tells that there is none.
    if (certificate?.raw === undefined) return;
    if (!socket.authorized) {
      throw new PeerError(
        "TLS handshake failed: the client's certificate is not valid: " +
          describeProblem(certificate, socket.authorizationError),
      );
    }
    this.#checkRevocation(arrival, new Uint8Array(certificate.raw));
    const identity: CertificateIdentity = {
      commonName: textOf(certificate.subject?.CN),
      serialNumber: certificate.serialNumber,
      fingerprint: certificate.fingerprint256,
      alternativeNames: certificate.subjectaltname ?? "",
    };
    arrival.certificateIdentity = identity;
    if (!this.#options.usesIdentityAsUserName) return;
    if (identity.commonName === "") {
      throw new PeerError(
        "the client's certificate has no common name to be the user name",
      );
    }
    arrival.userName = identity.commonName;
  }

  /** A list that is read later may have it; one that is out of date lets nobody else in. */
  #checkRevocation(
    arrival: Arrival,
    certificate: Uint8Array<ArrayBuffer>,
  ): void {
    const { revocationLists } = this.#credentials;
    if (revocationLists === null) return;
    const name = nameCertificate(certificate);
    const problem = explainRevocation(revocationLists, name, Date.now());
    if (problem !== null) {
      throw new PeerError(
        `TLS handshake failed: the client's certificate is not valid: ${problem}`,
      );
    }
    arrival.findObjection = () =>
      isRevoked(this.#credentials.revocationLists ?? [], name)
        ? "the client's certificate is not valid any more: the certificate " +
          "is revoked"
        : null;
  }
}

/** A subject may have several; the most specific stands last. */
function textOf(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value.at(-1) : value) ?? "";
}

/** A required certificate is gone with its connection before it can be looked at. */
function explain(error: Error, socket?: TLSSocket): string {
  return socket?.authorizationError
    ? "the client's certificate is out of date, or of no certification " +
      `authority of the listener (${socket.authorizationError})`
    : error.message;
}

/** The platform calls whatever is wrong by one name, so dates are looked at. */
function describeProblem(
  certificate: PeerCertificate,
  problem: unknown,
): string {
  const { valid_from, valid_to } = certificate;
  const nowMs = Date.now();
  if (Date.parse(valid_to) < nowMs) return `it expired on ${valid_to}`;
  if (Date.parse(valid_from) > nowMs) return `it begins on ${valid_from}`;
  return "it is of no certification authority of the listener " +
    `(${problem})`;
}
