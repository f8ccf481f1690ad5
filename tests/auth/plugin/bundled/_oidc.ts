import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK } from "jose";
// @ts-types="./_oidc_provider.d.ts"
import Provider from "oidc-provider";

/** The audience of the tokens. */
export const AUDIENCE = "urn:rqtt";

/** A real OpenID provider on loopback, for clients that log in themselves. */
export class OidcProvider implements AsyncDisposable {
  readonly #server: Server;
  readonly #claims: Map<string, Record<string, unknown>>;
  #keyCount = 0;
  #port = 0;
  /** How often the keys were asked for. */
  jwksCount = 0;
  lifetimeSeconds = 60;

  private constructor(claims: Map<string, Record<string, unknown>>) {
    this.#claims = claims;
    this.#server = createServer();
  }

  /** `claims` are those of each client; its identifier is its secret, too. */
  static async start(
    claims: Record<string, Record<string, unknown>>,
  ): Promise<OidcProvider> {
    const provider = new OidcProvider(new Map(Object.entries(claims)));
    await provider.listen();
    await provider.rotate();
    return provider;
  }

  /** The same one for as long as it exists, also while it is closed. */
  get port(): number {
    return this.#port;
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get jwksUrl(): string {
    return `${this.issuer}/jwks`;
  }

  /** Signs with a new key from now on, and publishes only that. */
  async rotate(): Promise<void> {
    const { privateKey } = await generateKeyPair("ES256", {
      extractable: true,
    });
    const key: JWK = {
      ...await exportJWK(privateKey),
      kid: `key-${++this.#keyCount}`,
      use: "sig",
    };
    const handle = this.#makeProvider(key).callback();
    this.#server.removeAllListeners("request");
    this.#server.on("request", (request, response) => {
      if (request.url === "/jwks") this.jwksCount++;
      handle(request, response);
    });
  }

  /** A token as a client gets it. */
  async token(clientId: string): Promise<string> {
    const response = await fetch(`${this.issuer}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${clientId}:${clientId}`)}` },
      body: new URLSearchParams({
        grant_type: "client_credentials",
        scope: "mqtt",
      }),
    });
    const body = await response.json();
    if (!response.ok) throw new Error(JSON.stringify(body));
    return body.access_token;
  }

  /** Is not reached by anybody until {@linkcode listen}. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) =>
      this.#server.listen(this.#port, "127.0.0.1", resolve)
    );
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.close();
  }

  #makeProvider(key: JWK): Provider {
    const clients = [...this.#claims.keys()].map((id) => ({
      client_id: id,
      client_secret: id,
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
      id_token_signed_response_alg: "ES256",
    }));
    return new Provider(this.issuer, {
      clients,
      jwks: { keys: [key] },
      scopes: ["mqtt"],
      extraTokenClaims: (_: unknown, { clientId }: { clientId: string }) =>
        this.#claims.get(clientId),
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => AUDIENCE,
          getResourceServerInfo: () => ({
            scope: "mqtt",
            audience: AUDIENCE,
            accessTokenFormat: "jwt",
            accessTokenTTL: this.lifetimeSeconds,
            jwt: { sign: { alg: "ES256" } },
          }),
        },
      },
    });
  }
}
