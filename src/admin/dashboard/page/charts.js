import { byId, make } from "./dom.js";
import { bytes, count, seconds, share } from "./format.js";

/** Served under a name that only the broker knows, see `assets.ts`. */
const UPLOT = "/dashboard/uplot.js";
const { default: uPlot } = await import(UPLOT);

const HEIGHT = 170;

/** What is drawn: names of numbers in the samples, and how to write them. */
const CHARTS = [
  {
    title: "Messages per second",
    format: count,
    lines: [["received", "messages_received_per_second"], [
      "sent",
      "messages_sent_per_second",
    ]],
  },
  {
    title: "Delivery latency",
    format: seconds,
    lines: [["p50", "delivery_p50_seconds"], ["p99", "delivery_p99_seconds"]],
  },
  { title: "Clients", format: whole, lines: [["connected", "clients"]] },
  {
    title: "Memory",
    format: bytes,
    lines: [["resident", "resident_bytes"], ["heap", "heap_bytes"]],
  },
  {
    title: "Bytes per second",
    format: bytes,
    lines: [["received", "bytes_received_per_second"], [
      "sent",
      "bytes_sent_per_second",
    ]],
  },
  { title: "Processor", format: share, lines: [["of one core", "cpu_share"]] },
];

/** The charts of the page; `draw` takes all samples that are kept. */
export class Charts {
  #plots = [];
  #samples = [];

  constructor() {
    const redraw = () => this.#build();
    new ResizeObserver(redraw).observe(byId("charts"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener(
      "change",
      redraw,
    );
    document.addEventListener("themechange", redraw);
  }

  draw(samples) {
    this.#samples = samples;
    if (this.#plots.length === 0) this.#build();
    for (const [index, plot] of this.#plots.entries()) {
      plot.setData(dataOf(CHARTS[index], samples));
    }
  }

  #build() {
    for (const plot of this.#plots) plot.destroy();
    const holder = byId("charts");
    const boxes = CHARTS.map((chart) => {
      const heading = make("h2", {}, chart.title);
      for (const [index, [name]] of chart.lines.entries()) {
        const legend = make("span", {}, name);
        legend.style.setProperty("--dot", colour(index));
        heading.append(legend);
      }
      return make("div", { className: "chart" }, heading);
    });
    holder.replaceChildren(...boxes);
    this.#plots = CHARTS.map((chart, index) => {
      const width = boxes[index].clientWidth - 26;
      return new uPlot(
        optionsOf(chart, width),
        dataOf(chart, this.#samples),
        boxes[index],
      );
    });
  }
}

/** There are no halves of clients. */
function whole(value) {
  return Number.isInteger(value) ? count(value) : "";
}

function dataOf({ lines }, samples) {
  return [
    samples.map(({ at }) => Date.parse(at) / 1_000),
    ...lines.map(([, name]) => samples.map((sample) => sample[name])),
  ];
}

function optionsOf({ lines, format }, width) {
  const axis = {
    stroke: resolve("--quiet"),
    grid: { stroke: resolve("--line"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui, sans-serif",
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false },
    scales: {
      // A minute at least: seconds tell nothing yet.
      x: { range: (_plot, low, high) => [Math.min(low, high - 60), high] },
      y: { range: (_plot, _low, high) => [0, (high || 1) * 1.1] },
    },
    axes: [axis, {
      ...axis,
      size: 68,
      values: (_plot, values) => values.map((value) => format(value)),
    }],
    series: [
      {},
      ...lines.map(([label], index) => ({
        label,
        stroke: colour(index),
        width: 1.5,
        spanGaps: true,
        points: { show: false },
      })),
    ],
  };
}

function colour(index) {
  return resolve(index === 0 ? "--accent" : "--second");
}

/** A canvas knows nothing of `light-dark()`: an element has it resolved. */
function resolve(name) {
  const probe = make("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
