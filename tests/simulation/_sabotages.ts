import type { Broker, ClientSession } from "../../src/broker/mod.ts";
import type { DeliveryQueue } from "../../src/session/mod.ts";
import type { SimulatedMedium } from "./_medium.ts";
import type { Sabotage } from "./_world.ts";

/** One message in so many is hit. */
const SHARE = 20;

/** A broken broker, and what the simulation has to say about it. */
export interface Case {
  readonly name: string;
  readonly symptom: RegExp;
  readonly sabotage: Sabotage;
}

/** Ways in which a broker can break its promises; each has to be found out. */
export const SABOTAGES: readonly Case[] = [
  {
    name: "loses a message now and then",
    symptom: /did not arrive/,
    sabotage: (broker) =>
      onForward(broker, (forward, isHit) => isHit ? undefined : forward()),
  },
  {
    name: "delivers a message twice now and then",
    symptom: /nobody owes/,
    sabotage: (broker) =>
      onForward(broker, (forward, isHit) => {
        forward();
        if (isHit) forward();
      }),
  },
  {
    name: "delivers a message to its own publisher in spite of No Local",
    symptom: /nobody owes/,
    sabotage: (broker) => {
      const { router } = broker;
      const forward = router.forward.bind(router);
      router.forward = (publish, route, publisher) =>
        forward(publish, route, publisher, null);
    },
  },
  {
    name: "confirms a new session before the end of the old one is stored",
    symptom: /was given a new one/,
    sabotage: (broker) => {
      broker.sessions.isEnding = () => false;
    },
  },
  {
    name: "does not know a repeated QoS 2 message",
    symptom: /nobody owes/,
    sabotage: (broker) =>
      onOpen(broker, (session) => session.hasReceivedQos2 = () => false),
  },
  {
    name: "sends more than Receive Maximum allows",
    symptom: /Receive Maximum is/,
    sabotage: (broker) =>
      onOpen(broker, ({ connection }) => {
        if (connection !== null) connection.sendQuota = 1_000;
      }),
  },
  {
    name: "publishes a Will twice",
    symptom: /nobody owes/,
    sabotage: (broker) => {
      const publish = broker.publish.bind(broker);
      broker.publish = (packet, author) => {
        publish(packet, author);
        return publish(packet, author);
      };
    },
  },
  {
    name: "publishes no Will",
    symptom: /did not arrive/,
    sabotage: (broker) => {
      broker.publish = () => ({ matchedCount: 0, acceptedCount: 0 });
    },
  },
  {
    name: "does not wait for the Will Delay Interval",
    symptom: /nobody owes/,
    sabotage: (broker) => {
      const { sessions } = broker;
      const leave = sessions.leave.bind(sessions);
      sessions.leave = (session) => {
        if (session.will !== null) {
          session.will = { ...session.will, delaySeconds: 0 };
        }
        leave(session);
      };
    },
  },
  {
    name: "publishes a Will after DISCONNECT",
    symptom: /nobody owes/,
    sabotage: (broker) => {
      const { sessions } = broker;
      const leave = sessions.leave.bind(sessions);
      const wills = new WeakMap<ClientSession, ClientSession["will"]>();
      onOpen(broker, (session) => {
        // Not there yet when the session is opened.
        queueMicrotask(() => wills.set(session, session.will));
      });
      sessions.leave = (session) => {
        session.will ??= wills.get(session) ?? null;
        leave(session);
      };
    },
  },
  {
    name: "keeps a retained message that was removed",
    symptom: /nobody owes/,
    sabotage: ({ retained }) => {
      retained.delete = () => {};
    },
  },
  {
    name: "goes on with a session in spite of Clean Start",
    symptom: /gets Session Present true/,
    sabotage: ({ sessions }) => {
      sessions.discardOld = () => false;
    },
  },
  {
    name: "goes on delivering after UNSUBSCRIBE",
    symptom: /nobody owes/,
    sabotage: ({ router: { subscriptions } }) => {
      subscriptions.remove = () => true;
    },
  },
  {
    name: "lets no session expire",
    symptom: /gets Session Present true/,
    sabotage: (broker) => {
      const { timers } = broker;
      const schedule = timers.schedule.bind(timers);
      timers.schedule = (dueAtMs, callback) =>
        schedule(dueAtMs + 1_000_000_000, callback);
    },
  },
  {
    name: "acknowledges before it has stored",
    symptom: /the crash loses/,
    sabotage: (_broker, medium) => tooEarly(medium),
  },
  {
    name: "forgets what it has stored",
    symptom: /not come back as it was/,
    sabotage: (_broker, medium) => {
      const write = medium.write.bind(medium);
      let count = 0;
      medium.write = async (segment, removed) => {
        await write(segment, removed);
        if (++count % SHARE === 0) medium.segments.delete(segment.identifier);
      };
    },
  },
  {
    name: "changes the order of messages that wait",
    symptom: /after a later one/,
    sabotage: (broker) => onOpen(broker, ({ queue }) => swapLast(queue)),
  },
  {
    name: "gives a session to whoever asks for it",
    symptom: /is not kept from/,
    sabotage: (broker) => broker.sessionsBelongToUsers = false,
  },
  {
    name: "forgets over a restart whose its sessions are",
    symptom: /not come back as it was/,
    sabotage: ({ sessions }) => {
      const restore = sessions.restore.bind(sessions);
      sessions.restore = (session) => {
        session.owner = undefined;
        restore(session);
      };
    },
  },
  {
    name: "cancels no timers",
    symptom: /not equal/,
    sabotage: ({ timers }) => timers.cancel = () => {},
  },
];

/** Wraps the routing of messages; `isHit` is true now and then. */
function onForward(
  { router }: Broker,
  wrap: (forward: () => void, isHit: boolean) => void,
): void {
  const forward = router.forward.bind(router);
  let count = 0;
  router.forward = (...parameters) =>
    wrap(() => forward(...parameters), ++count % SHARE === 0);
}

/** Changes each session when a client takes it up. */
function onOpen(
  { sessions }: Broker,
  change: (session: ClientSession) => void,
): void {
  const open = sessions.open.bind(sessions);
  sessions.open = (connection) => {
    const opened = open(connection);
    if (opened !== null) change(opened.session);
    return opened;
  };
}

function tooEarly(medium: SimulatedMedium): void {
  const write = medium.write.bind(medium);
  medium.write = (segment, removed) => {
    write(segment, removed).catch(() => {});
    return Promise.resolve();
  };
}

/** A message that comes to one that waits goes before it. */
function swapLast(queue: DeliveryQueue): void {
  const push = queue.push.bind(queue);
  queue.push = (delivery) => {
    const first = queue.length === 1 ? queue.shift() : null;
    push(delivery);
    if (first !== null) push(first);
  };
}
