import type {
  AuthenticationRequest,
  AuthenticationResult,
  Authorizer,
} from "../../src/broker/mod.ts";

/** Answers each client with the Reason Code that is its user name. */
export class RefusingAuthorizer implements Authorizer {
  authenticate({ connect }: AuthenticationRequest): AuthenticationResult {
    return { reasonCode: Number(connect.userName) };
  }

  lookup(): boolean {
    return true;
  }

  decide(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

/** Forbids what is called `forbidden`, and fails when it is asked about `defect`. */
export class ForbiddingAuthorizer implements Authorizer {
  authenticate(): AuthenticationResult {
    return { reasonCode: 0 };
  }

  lookup(_client: unknown, _action: unknown, topic: string): boolean {
    if (topic === "defect") throw new Error("out of memory");
    return !topic.startsWith("forbidden");
  }

  decide(): Promise<boolean> {
    return Promise.resolve(true);
  }
}
