import type {
  Action,
  AuthenticationRequest,
  AuthenticationResult,
  Authorizer,
  ClientIdentity,
} from "../../src/broker/mod.ts";
import { INTRUDER_ADDRESS } from "./_intruder.ts";
import { DENIED_TOPIC, SLOW_PREFIX } from "./_topics.ts";
import type { World } from "./_world.ts";

/** One CONNECT in so many has to wait for its answer. */
const SLOW_SHARE = 6;
const LONGEST_WAIT_MS = 500;
const WELCOME: AuthenticationResult = { reasonCode: 0 };

/** Lets everybody in and forbids one topic, sometimes after a while. */
export class SimulatedAuthorizer implements Authorizer {
  readonly #world: World;
  readonly #decided = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  authenticate(
    { remoteAddress }: AuthenticationRequest,
  ): AuthenticationResult | Promise<AuthenticationResult> {
    const world = this.#world;
    if (remoteAddress === INTRUDER_ADDRESS) return WELCOME;
    if (!world.dice.oneIn(SLOW_SHARE)) {
      world.authenticated(remoteAddress);
      return WELCOME;
    }
    const { promise, resolve } = Promise.withResolvers<AuthenticationResult>();
    world.scheduler.after(world.dice.between(0, LONGEST_WAIT_MS), () => {
      world.authenticated(remoteAddress);
      world.unsettle();
      resolve(WELCOME);
    });
    return promise;
  }

  lookup(
    { clientIdentifier }: ClientIdentity,
    action: Action,
    topic: string,
  ): boolean | null {
    if (topic === DENIED_TOPIC) return false;
    if (!topic.startsWith(SLOW_PREFIX)) return true;
    const isKnown = this.#decided.has(`${clientIdentifier} ${action} ${topic}`);
    return isKnown ? true : null;
  }

  decide(
    { clientIdentifier }: ClientIdentity,
    action: Action,
    topic: string,
  ): Promise<boolean> {
    const world = this.#world;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    world.scheduler.after(world.dice.between(0, LONGEST_WAIT_MS), () => {
      world.unsettle();
      this.#decided.add(`${clientIdentifier} ${action} ${topic}`);
      resolve(true);
    });
    return promise;
  }
}
