import { ask, logIn, LoginNeeded } from "./api.js";
import { Charts } from "./charts.js";
import { startConsole } from "./console.js";
import { byId } from "./dom.js";
import { showOverview } from "./overview.js";
import { loadLog } from "./log.js";
import { clients, loadDrops, loadPlugins, retained } from "./tables.js";

const REFRESH_MS = 1_000;
/** Tables are for reading: they stand still for a while. */
const TABLES_EVERY = 3;
const MAXIMUM_SAMPLES = 600;

const charts = new Charts();
let samples = [];
let turn = 0;

/** Asks for what is new; a page that nobody sees asks for nothing. */
async function refresh() {
  if (document.hidden) return;
  const overview = await ask("/api/v1/overview");
  showOverview(overview);
  const after = samples.at(-1)?.sequence ?? 0;
  const isNew = overview.sample !== null && overview.sample.sequence < after;
  const { items } = await ask(`/api/v1/history?after=${isNew ? 0 : after}`);
  samples = [...isNew ? [] : samples, ...items].slice(-MAXIMUM_SAMPLES);
  charts.draw(samples);
  if (turn++ % TABLES_EVERY === 0) {
    await Promise.all([
      clients.load(),
      loadDrops(),
      loadPlugins(),
      loadLog(),
    ]);
  }
  if (turn === 1) await retained.load();
}

async function run() {
  for (;;) {
    try {
      await refresh();
      byId("status").dataset.state = "up";
      byId("logout").hidden = false;
    } catch (error) {
      byId("status").dataset.state = "down";
      if (error instanceof LoginNeeded) await login();
      else byId("status").textContent = `not reached: ${error.message}`;
    }
    await new Promise((resolve) => setTimeout(resolve, REFRESH_MS));
  }
}

/** Asks for a token until one is accepted. */
async function login() {
  const dialog = byId("login");
  byId("status").textContent = "not logged in";
  for (;;) {
    dialog.showModal();
    await new Promise((resolve) =>
      dialog.addEventListener("close", resolve, { once: true })
    );
    if (await logIn(byId("token").value)) break;
    byId("login-error").textContent = "This token is not accepted.";
  }
  byId("token").value = "";
  byId("login-error").textContent = "";
  turn = 0;
}

function debounce(work) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, 200);
  };
}

byId("clients-search").addEventListener(
  "input",
  debounce(() => {
    const search = byId("clients-search").value;
    clients.search(search === "" ? {} : { search });
  }),
);
byId("retained-filter").addEventListener(
  "input",
  debounce(() => {
    const filter = byId("retained-filter").value;
    retained.search(filter === "" ? {} : { filter });
  }),
);
byId("logout").addEventListener("click", async () => {
  await fetch("/logout", { method: "POST" });
  location.reload();
});
byId("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const isDark = root.dataset.theme === "dark" ||
    (root.dataset.theme === undefined &&
      matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = isDark ? "light" : "dark";
  document.dispatchEvent(new Event("themechange"));
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input, select")) return;
  event.preventDefault();
  byId("clients-search").focus();
});

startConsole();
run();
