import type { Receiver, SharedGroup } from "../topics/mod.ts";
import { mayReceive } from "./authorize.ts";
import type { ClientSession } from "./connection.ts";

type Group = SharedGroup<ClientSession>;
type Member = Receiver<ClientSession>;

/** The member that gets the next message: nobody waits for one that is away while another is there. */
export function selectMember(group: Group): Member | null {
  const member = group.select(isAvailable);
  const isBest = member === null || isPresent(member.subscriber) ||
    !group.members.some(({ subscriber }) => isPresent(subscriber));
  return isBest ? member : group.select(isPresent);
}

/**
 * The same among those that may have the message; `null` if none may. One that
 * is away is asked about when it comes back.
 */
export function selectPermittedMember(
  group: Group,
  topicName: string,
): Member | null {
  const mayHave = ({ connection }: ClientSession) =>
    connection !== null && mayReceive(connection, topicName) === true;
  const member = group.select((session) =>
    isAvailable(session) && mayHave(session)
  );
  // If nobody is available it is the member whose turn it is.
  if (member === null || mayHave(member.subscriber)) return member;
  if (group.members.some(({ subscriber }) => mayHave(subscriber))) {
    return group.select(mayHave);
  }
  if (isAbsent(member.subscriber)) return member;
  return group.members.some(({ subscriber }) => isAbsent(subscriber))
    ? group.select(isAbsent)
    : null;
}

function isPresent(session: ClientSession): boolean {
  return session.connection !== null;
}

function isAbsent(session: ClientSession): boolean {
  return session.connection === null;
}

/** Whether it can take a message now. */
function isAvailable(session: ClientSession): boolean {
  const connection = session.connection;
  return connection !== null && !connection.isSlow &&
    connection.hasPlaceInFlight;
}
