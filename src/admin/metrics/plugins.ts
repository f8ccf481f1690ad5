import type { MessageCounts, PluginHost } from "../../auth/mod.ts";
import type {
  LabelledHistogram,
  LabelledValue,
  MetricDefinition,
  MetricSource,
} from "./metric.ts";

/**
 * What plugins do and what becomes of calls to them; labels have the names that
 * the configuration gives, of hooks and of outcomes, so they are bounded.
 */
export const pluginMetrics: readonly MetricDefinition[] = [
  {
    name: "rqtt_plugin_running",
    help: "1 while the plugin runs, 0 between an end and the restart",
    type: "gauge",
    read: ofEach(({ state }) => Number(state.isRunning)),
  },
  {
    name: "rqtt_plugin_restarts_total",
    help: "Times that the plugin was started again after it had ended",
    type: "counter",
    read: ofEach(({ state }) => state.restartCount),
  },
  {
    name: "rqtt_plugin_calls_total",
    help: "Questions and notices to the hooks of the plugin, by how they " +
      "ended",
    type: "counter",
    read: ({ host }) => host.plugins.flatMap(callsOf),
  },
  {
    name: "rqtt_plugin_call_seconds",
    help: "What calls of the hooks of the plugin took, waiting included",
    type: "histogram",
    read: ({ host }) => host.plugins.flatMap(secondsOf),
  },
  {
    name: "rqtt_plugin_questions",
    help: "Questions that the plugin works on, or that wait for their turn",
    type: "gauge",
    read: ({ host }) =>
      host.plugins.flatMap(({ config: { name: plugin }, state }) => [
        { labels: { plugin, state: "running" }, value: state.runningCount },
        { labels: { plugin, state: "waiting" }, value: state.waitingCount },
      ]),
  },
  {
    name: "rqtt_plugin_messages_total",
    help: "Messages that onPublish of the plugin was to be told of: taken, " +
      "failed, late, or dropped before",
    type: "counter",
    read: ofMessages(({ taken, failed, late, dropped }) =>
      Object.entries({ taken, failed, late, dropped }).map((
        [result, value],
      ) => ({ labels: { result }, value }))
    ),
  },
  {
    name: "rqtt_plugin_waiting_messages",
    help: "Messages that onPublish of the plugin has not taken yet",
    type: "gauge",
    read: ofMessages(({ waiting }) => [{ value: waiting }]),
  },
  {
    name: "rqtt_plugin_waiting_bytes",
    help: "What these take up",
    type: "gauge",
    read: ofMessages(({ waitingBytes }) => [{ value: waitingBytes }]),
  },
];

function ofEach(read: (plugin: PluginHost) => number) {
  return ({ host }: MetricSource): LabelledValue[] =>
    host.plugins.map((plugin) => ({
      labels: { plugin: plugin.config.name },
      value: read(plugin),
    }));
}

/** Of the plugins that are told of messages. */
function ofMessages(read: (counts: MessageCounts) => LabelledValue[]) {
  return ({ host }: MetricSource): LabelledValue[] =>
    host.plugins.flatMap(({ config: { name: plugin }, state: { messages } }) =>
      messages === null ? [] : read(messages).map(({ labels, value }) => ({
        labels: { plugin, ...labels },
        value,
      }))
    );
}

function callsOf({ config, statistics }: PluginHost): LabelledValue[] {
  const plugin = config.name;
  return [...statistics.hooks].flatMap(({ hook, counts }) =>
    [...counts].map(([outcome, value]) => ({
      labels: { plugin, hook, outcome },
      value,
    }))
  );
}

function secondsOf({ config, statistics }: PluginHost): LabelledHistogram[] {
  const plugin = config.name;
  return [...statistics.hooks].map(({ hook, seconds: histogram }) => ({
    labels: { plugin, hook },
    histogram,
  }));
}
