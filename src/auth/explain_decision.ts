import type {
  Action,
  AuthenticationRequest,
  ClientIdentity,
} from "../broker/mod.ts";
import { linksOf } from "./decision_chain.ts";
import { nobodyAllows } from "./nobody_allows.ts";
import type {
  AccessController,
  AccessPass,
  AccessVerdict,
  Admission,
  Rules,
} from "./verdict.ts";

/** What is to be explained. */
export interface ExplainedQuestion {
  readonly client: ClientIdentity;
  /** What the client logs in with; `null` takes for granted that it is let in. */
  readonly login: AuthenticationRequest | null;
  readonly action: Action;
  /** A Topic Name; with "subscribe" a Topic Filter, without `$share/name/`. */
  readonly topic: string;
}

/** A decision and how it came about. */
export interface Explanation {
  readonly isAllowed: boolean;
  /** The rule that it rests on. */
  readonly rule: string;
  /** What each link that was asked has said, a line each. */
  readonly steps: readonly string[];
}

/** Asks every link as the broker would, and takes down what each says. */
export async function explainDecision(
  rules: Rules,
  question: ExplainedQuestion,
): Promise<Explanation> {
  const { login } = question;
  let { client } = question;
  const ban = rules.bans?.find(client) ?? null;
  if (ban !== null) {
    return {
      isAllowed: false,
      rule: `the client is banned by ${ban}`,
      steps: [],
    };
  }
  const steps: string[] = [];
  let admission: Admission | null = null;
  if (login !== null) {
    admission = await logIn(rules, login, steps);
    if (admission === null) {
      return { isAllowed: false, rule: "the client is not let in", steps };
    }
    client = { ...client, userName: admission.userName ?? client.userName };
  }
  if (question.action === "publish" && question.topic.startsWith("$")) {
    const rule = "topics that begin with $ are the broker's own";
    return { isAllowed: false, rule, steps };
  }
  return await decide(rules, { ...question, client }, { admission, steps });
}

/** Goes along the authenticators; `null` if the client is not let in. */
async function logIn(
  rules: Rules,
  login: AuthenticationRequest,
  steps: string[],
): Promise<Admission | null> {
  for (const authenticator of linksOf(rules, login.listener).authenticators) {
    const { name } = authenticator;
    const verdict = await authenticator.authenticate(login);
    switch (verdict.answer) {
      case "pass":
        steps.push(`${name}: does not know the client`);
        break;
      case "deny":
        steps.push(`${name}: not let in: ${verdict.cause}`);
        return null;
      case "allow": {
        const { userName } = verdict;
        const as = userName === undefined ? "" : ` as ${userName}`;
        steps.push(`${name}: let in${as}`);
        return verdict;
      }
    }
  }
  steps.push("no authenticator lets it in");
  return null;
}

async function decide(
  rules: Rules,
  { client, action, topic }: ExplainedQuestion,
  { admission, steps }: { admission: Admission | null; steps: string[] },
): Promise<Explanation> {
  const conclude = (name: string, { isAllowed, rule }: AccessVerdict) => {
    steps.push(`${name}: ${isAllowed ? "allowed" : "denied"} by ${rule}`);
    return { isAllowed, rule, steps };
  };
  const { grants = null } = admission ?? {};
  const granted = grants?.decide(
    client,
    { action, topic },
    rules.roles ?? null,
  ) ?? null;
  if (granted !== null) return conclude("login", granted);
  const controllers = linksOf(rules, client.listener).controllers
    .filter(({ actions }) => actions?.includes(action) ?? true);
  if (controllers.length === 0 && grants === null) {
    const rule = "there is no access control (auth.acl_file, auth.roles_file)";
    return { isAllowed: true, rule, steps };
  }
  for (const controller of controllers) {
    const verdict = await ask(controller, client, { action, topic });
    if (verdict === null || verdict.isAllowed === null) {
      steps.push(`${controller.name}: has no rule for it`);
    } else {
      return conclude(controller.name, verdict);
    }
  }
  const { rule } = nobodyAllows(controllers, grants);
  return { isAllowed: false, rule, steps };
}

async function ask(
  controller: AccessController,
  client: ClientIdentity,
  { action, topic }: { action: Action; topic: string },
): Promise<AccessVerdict | AccessPass | null> {
  return await controller.decide(client, action, topic);
}
