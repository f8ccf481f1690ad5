import { ask } from "./api.js";
import { byId, make } from "./dom.js";

const MAXIMUM_LINES = 200;

let after = 0;

/** Adds the new lines of the log, the newest on top. */
export async function loadLog() {
  const list = byId("log-lines");
  let lines;
  try {
    ({ items: lines } = await ask(`/api/v1/log/lines?after=${after}`));
  } catch (error) {
    list.replaceChildren(make("li", { className: "empty" }, error.message));
    return;
  }
  for (const { sequence, text } of lines) {
    after = sequence;
    const level = /^\S+ (\w+)/.exec(text)?.[1] ?? "";
    list.prepend(make("li", { className: `level-${level}` }, text));
  }
  while (list.childElementCount > MAXIMUM_LINES) list.lastChild.remove();
}
