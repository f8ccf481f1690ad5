/** What is used of `oidc-provider`, which has no types of its own. */
import type { RequestListener } from "node:http";

export interface ProviderConfiguration {
  readonly [name: string]: unknown;
}

declare class Provider {
  constructor(issuer: string, configuration: ProviderConfiguration);
  callback(): RequestListener;
  on(event: string, listener: (...values: unknown[]) => void): void;
}

export default Provider;
