import { ask } from "./api.js";
import { byId, fillTable, make } from "./dom.js";
import { age, bytes, clock, count } from "./format.js";

const PAGE_SIZE = 25;

/** A table of the API: searched, sorted and turned page by page on the server. */
class PagedTable {
  #id;
  #path;
  #columns;
  #sort;
  #cursor = null;
  #next = null;
  #query = {};

  constructor(id, { path, columns, sort }) {
    this.#id = id;
    this.#path = path;
    this.#columns = columns;
    this.#sort = sort;
    byId(`${id}-first`).addEventListener("click", () => this.#go(null));
    byId(`${id}-next`).addEventListener("click", () => this.#go(this.#next));
  }

  search(query) {
    this.#query = query;
    return this.#go(null);
  }

  #go(cursor) {
    this.#cursor = cursor;
    return this.load();
  }

  async load() {
    const query = new URLSearchParams({
      ...this.#query,
      limit: PAGE_SIZE,
      sort: this.#sort,
      ...(this.#cursor !== null && { cursor: this.#cursor }),
    });
    let page;
    try {
      page = await ask(`${this.#path}?${query}`);
    } catch (error) {
      byId(`${this.#id}-total`).textContent = error.message;
      return;
    }
    this.#next = page.next_cursor;
    byId(`${this.#id}-total`).textContent = page.total.toLocaleString();
    byId(`${this.#id}-next`).disabled = page.next_cursor === null;
    byId(`${this.#id}-first`).disabled = this.#cursor === null;
    fillTable(byId(`${this.#id}-table`), this.#columns, page.items, {
      sort: this.#sort,
      onSort: (sort) => {
        this.#sort = sort;
        this.#go(null);
      },
    });
  }
}

function number(title, name, format = count) {
  return {
    title,
    sort: name,
    isNumber: true,
    read: (row) => format(row[name]),
  };
}

/** Who is connected. */
export const clients = new PagedTable("clients", {
  path: "/api/v1/clients",
  sort: "client_id",
  columns: [
    { title: "Client", sort: "client_id", read: ({ client_id }) => client_id },
    { title: "User", read: ({ user }) => user ?? "–" },
    { title: "Address", read: ({ address }) => address },
    { title: "MQTT", read: ({ protocol_version }) => protocol_version },
    {
      title: "Connected",
      sort: "connected_at",
      read: ({ connected_at }) => age(connected_at),
    },
    number("Subscriptions", "subscriptions"),
    number("Queued", "queued_messages"),
    number("In flight", "in_flight"),
    number("Unsent", "unsent_bytes", bytes),
  ],
});

/** What is retained. */
export const retained = new PagedTable("retained", {
  path: "/api/v1/retained",
  sort: "topic",
  columns: [
    {
      title: "Topic",
      sort: "topic",
      read: ({ topic }) => {
        const button = make("button", { type: "button" }, topic);
        button.addEventListener("click", () => showRetained(topic));
        return button;
      },
    },
    number("Size", "payload_bytes", bytes),
    { title: "QoS", isNumber: true, read: ({ qos }) => String(qos) },
    {
      title: "Expires",
      read: ({ expires_at }) => expires_at === null ? "–" : clock(expires_at),
    },
  ],
});

async function showRetained(topic) {
  const box = byId("retained-payload");
  box.hidden = false;
  try {
    const message = await ask(`/api/v1/retained/${encodeURIComponent(topic)}`);
    box.textContent = `${topic}\n${message.payload ?? message.payload_base64}`;
  } catch (error) {
    box.textContent = error.message;
  }
}

const DROP_COLUMNS = [
  { title: "Last", read: ({ last_at }) => clock(last_at) },
  { title: "Reason", read: ({ reason }) => reason.replaceAll("_", " ") },
  { title: "Client", read: ({ client_id }) => client_id },
  { title: "Topic", read: ({ topic }) => topic },
  { title: "Messages", isNumber: true, read: ({ count: n }) => count(n) },
];

/** The last dropped messages. */
export async function loadDrops() {
  const { items } = await ask("/api/v1/drops?limit=20");
  fillTable(byId("drops-table"), DROP_COLUMNS, items);
}

const FAILURES = ["error", "timeout", "overload", "unavailable"];

function sumCalls({ calls }, isCounted) {
  return Object.values(calls)
    .flatMap(({ outcomes }) => Object.entries(outcomes))
    .reduce((sum, [outcome, n]) => isCounted(outcome) ? sum + n : sum, 0);
}

const PLUGIN_COLUMNS = [
  { title: "Plugin", read: ({ name }) => name },
  {
    title: "State",
    read: ({ is_running }) => is_running ? "runs" : "is started again",
  },
  number("Restarts", "restarts"),
  {
    title: "Calls",
    isNumber: true,
    read: (plugin) => count(sumCalls(plugin, () => true)),
  },
  {
    title: "Failed",
    isNumber: true,
    read: (plugin) =>
      count(sumCalls(plugin, (outcome) => FAILURES.includes(outcome))),
  },
  {
    title: "Messages",
    isNumber: true,
    read: ({ messages }) => messages ? count(messages.taken) : "–",
  },
  {
    title: "Missed",
    isNumber: true,
    read: ({ messages: m }) => m ? count(m.failed + m.late + m.dropped) : "–",
  },
  { title: "Last failure", read: ({ last_failure }) => last_failure ?? "–" },
];

/** How plugins stand, if there are any. */
export async function loadPlugins() {
  const { items } = await ask("/api/v1/plugins");
  byId("plugins").hidden = items.length === 0;
  fillTable(byId("plugins-table"), PLUGIN_COLUMNS, items);
}
