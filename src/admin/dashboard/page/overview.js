import { byId, fillTerms, make } from "./dom.js";
import { age, bytes, count, seconds, share } from "./format.js";

/** The numbers on top: a label, where they come from, how they are written. */
const TILES = [
  ["Received", "messages_received_per_second", (n) => `${count(n)}/s`],
  ["Sent", "messages_sent_per_second", (n) => `${count(n)}/s`],
  ["Clients", "clients", count],
  ["Delivery p50", "delivery_p50_seconds", seconds],
  ["Delivery p99", "delivery_p99_seconds", seconds],
  ["Dropped", "dropped_per_second", (n) => `${count(n)}/s`],
  ["Memory", "resident_bytes", bytes],
  ["Processor", "cpu_share", share],
  ["Loop delay p99", "event_loop_p99_seconds", seconds],
];

/** Shows one answer of the overview. */
export function showOverview(overview) {
  const { sample } = overview;
  if (sample !== null) showTiles(sample);
  showBars(byId("top-topics"), overview.top_topics);
  showBars(byId("top-clients"), overview.top_clients);
  fillTerms(byId("state"), [
    ["Sessions", count(overview.sessions)],
    ["Subscriptions", count(overview.subscriptions)],
    [
      "Retained",
      `${count(overview.retained_messages)}, ${bytes(overview.retained_bytes)}`,
    ],
    [
      "Queued",
      `${count(overview.queued_messages)}, ${bytes(overview.queued_bytes)}`,
    ],
    ["In flight", count(overview.in_flight)],
    ["Unsent", bytes(overview.unsent_bytes)],
    ["Slow clients", count(overview.slow_consumers)],
    ["Refused connections", count(overview.connections_refused)],
    ["Acknowledged in, p99", seconds(overview.acknowledgement_p99_seconds)],
  ]);
  const { store } = overview;
  fillTerms(
    byId("store"),
    store === null ? [["Kept in memory only", ""]] : [
      ["State", store.is_failing ? "writing fails" : "writing works"],
      ["Commits", count(store.commits)],
      ["Commit p99", seconds(store.commit_p99_seconds)],
      ["Size", bytes(store.bytes)],
      ["Still valid", bytes(store.live_bytes)],
      ["Waiting changes", count(store.pending_changes)],
    ],
  );
  byId("status").textContent = `${overview.version}, up ${
    age(overview.started_at)
  }`;
  byId("drop-reasons").replaceChildren(
    ...Object.entries(overview.dropped).map(([reason, dropped]) =>
      make(
        "li",
        { className: dropped > 0 ? "bad" : "" },
        `${reason.replaceAll("_", " ")} `,
        make("b", {}, count(dropped)),
      )
    ),
  );
}

function showTiles(sample) {
  const holder = byId("tiles");
  if (holder.childElementCount === 0) {
    holder.append(...TILES.map(([label, name]) => {
      const value = make("b");
      value.dataset.name = name;
      return make("div", { className: "tile" }, make("span", {}, label), value);
    }));
  }
  holder.dataset.sequence = sample.sequence;
  for (const [, name, format] of TILES) {
    const value = holder.querySelector(`[data-name="${name}"]`);
    value.textContent = format(sample[name]);
    value.dataset.value = String(sample[name]);
    if (name === "dropped_per_second") {
      value.parentElement.classList.toggle("bad", sample[name] > 0);
    }
  }
}

function showBars(list, hitters) {
  const most = hitters[0]?.messages_per_second ?? 1;
  const items = hitters.map(({ name, messages_per_second }) => {
    const bar = make("progress", { max: most, value: messages_per_second });
    bar.ariaHidden = "true";
    const label = make("span", { title: name }, name);
    return make(
      "li",
      {},
      bar,
      label,
      make("b", {}, `${count(messages_per_second)}/s`),
    );
  });
  if (items.length === 0) {
    items.push(make("li", { className: "empty" }, make("span", {}, "Quiet")));
  }
  list.replaceChildren(...items);
}
