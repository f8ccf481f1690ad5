import uplotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import uplot from "uplot/dist/uPlot.esm.js" with { type: "text" };
import api from "./page/api.js" with { type: "text" };
import charts from "./page/charts.js" with { type: "text" };
import console from "./page/console.js" with { type: "text" };
import dom from "./page/dom.js" with { type: "text" };
import format from "./page/format.js" with { type: "text" };
import index from "./page/index.html" with { type: "text" };
import log from "./page/log.js" with { type: "text" };
import main from "./page/main.js" with { type: "text" };
import overview from "./page/overview.js" with { type: "text" };
import style from "./page/style.css" with { type: "text" };
import tables from "./page/tables.js" with { type: "text" };

/** One file that a browser loads. */
export interface Asset {
  readonly type: string;
  readonly text: string;
}

/** Every file of the page but the client, by path. */
export const ASSETS: Readonly<Record<string, Asset>> = {
  "/dashboard": { type: "text/html; charset=utf-8", text: index },
  "/dashboard/style.css": css(style),
  "/dashboard/uplot.css": css(uplotStyle),
  "/dashboard/uplot.js": script(uplot),
  "/dashboard/api.js": script(api),
  "/dashboard/charts.js": script(charts),
  "/dashboard/console.js": script(console),
  "/dashboard/dom.js": script(dom),
  "/dashboard/format.js": script(format),
  "/dashboard/log.js": script(log),
  "/dashboard/main.js": script(main),
  "/dashboard/overview.js": script(overview),
  "/dashboard/tables.js": script(tables),
};

function css(text: string): Asset {
  return { type: "text/css; charset=utf-8", text };
}

function script(text: string): Asset {
  return { type: "text/javascript; charset=utf-8", text };
}
