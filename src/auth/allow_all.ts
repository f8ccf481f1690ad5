import type { AuthenticationResult, Authorizer } from "../broker/mod.ts";

/** Lets everybody in and forbids nothing: for listeners that only this machine reaches. */
export class AllowAll implements Authorizer {
  authenticate(): AuthenticationResult {
    return { reasonCode: 0 };
  }

  lookup(): boolean {
    return true;
  }

  decide(): Promise<boolean> {
    return Promise.resolve(true);
  }
}
