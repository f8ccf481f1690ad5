import { explainRefusal } from "./authorize.ts";
import type { Connection } from "./connection.ts";

/** Takes the Will of `connection` as soon as it is known that it is not allowed any more. */
export function reviewWill(connection: Connection): void {
  const { broker, session } = connection;
  const topic = session!.will?.publish.topicName;
  if (topic === undefined) return;
  const deny = () => dropWill(connection, topic);
  broker.reviews.add({ connection, action: "publish", topic, deny });
}

/** Takes the Will unless it is known to be allowed: `connection` ends now. */
export function dropForbiddenWill(connection: Connection): void {
  const { broker: { authorizer }, session } = connection;
  const topic = session!.will?.publish.topicName;
  if (topic === undefined) return;
  if (authorizer.lookup(connection, "publish", topic) === true) return;
  dropWill(connection, topic);
}

function dropWill(connection: Connection, topicName: string): void {
  const { broker: { store }, session } = connection;
  session!.will = null;
  if (store.isRecording) store.sessionChanged(session!);
  connection.reportRefusal(
    "will",
    () =>
      `the Will to "${topicName}" is not allowed any more` +
      explainRefusal(connection, "publish", topicName),
  );
}
