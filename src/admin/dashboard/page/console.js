import { byId, make } from "./dom.js";
import { clock } from "./format.js";

/** The project's own client, see `browser_client.ts`. */
const CLIENT = "/dashboard/rqtt-client.js";

/** Messages shown; older ones go. */
const MAXIMUM_MESSAGES = 200;
/** Characters of a message that are shown. */
const MAXIMUM_LENGTH = 2_000;

let connecting = null;

/** The MQTT client of this page, connected when it is first needed. */
function client() {
  connecting ??= open().catch((error) => {
    connecting = null;
    throw error;
  });
  return connecting;
}

async function open() {
  const { connect } = await import(CLIENT);
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const opened = await connect(`${scheme}//${location.host}/dashboard/mqtt`, {
    reconnect: false,
  });
  byId("console-state").textContent = "connected";
  opened.addEventListener("close", () => {
    byId("console-state").textContent = "disconnected";
    connecting = null;
  });
  return opened;
}

/** Shows what comes, until the subscription or the connection ends. */
async function subscribe(filter, qos) {
  const mqtt = await client();
  const messages = mqtt.messages(filter);
  const { reasonCodes } = await mqtt.subscribe(filter, { qos });
  if (reasonCodes[0] >= 0x80) throw new Error(`${filter} is not allowed`);
  for await (const message of messages) show(message);
}

function show({ topicName, payload }) {
  const list = byId("console-messages");
  const text = new TextDecoder().decode(payload).slice(0, MAXIMUM_LENGTH);
  list.prepend(
    make(
      "li",
      {},
      make("time", {}, `${clock(Date.now())} `),
      make("b", {}, topicName),
      ` ${text}`,
    ),
  );
  while (list.childElementCount > MAXIMUM_MESSAGES) list.lastChild.remove();
}

function attempt(work) {
  byId("console-error").textContent = "";
  work().catch((error) => byId("console-error").textContent = error.message);
}

/** Puts the console to work. */
export function startConsole() {
  byId("subscribe-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const filter = byId("subscribe-filter").value;
    attempt(() => subscribe(filter, Number(byId("subscribe-qos").value)));
  });
  byId("publish-form").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      const topic = byId("publish-topic").value;
      await (await client()).publish(topic, byId("publish-payload").value, {
        qos: Number(byId("publish-qos").value),
        isRetained: byId("publish-retain").checked,
      });
    });
  });
  byId("console-clear").addEventListener(
    "click",
    () => byId("console-messages").replaceChildren(),
  );
}
