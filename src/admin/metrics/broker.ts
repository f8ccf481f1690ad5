import { CONNECTION_LIMIT_NAMES, DROP_REASON_NAMES } from "../../broker/mod.ts";
import { reasonName } from "../../codec/mod.ts";
import { byQos, type LabelledValue, type MetricDefinition } from "./metric.ts";

/** What the broker itself counts. */
export const brokerMetrics: readonly MetricDefinition[] = [
  {
    name: "rqtt_connections",
    help: "Clients that are connected",
    type: "gauge",
    read: ({ broker }) => broker.statistics.clientsConnected,
  },
  {
    name: "rqtt_connections_opened_total",
    help: "Network connections that were accepted",
    type: "counter",
    read: ({ broker }) => broker.statistics.connectionsAccepted,
  },
  {
    name: "rqtt_connections_closed_total",
    help: "Connections of clients that have ended, by MQTT 5.0 reason code",
    type: "counter",
    read: ({ broker }) => byReason(broker.statistics.disconnected),
  },
  {
    name: "rqtt_connections_refused_total",
    help: "Connections that were refused, by MQTT 5.0 reason code; " +
      "not_mqtt for those that ended before CONNECT could be read",
    type: "counter",
    read: ({ broker: { statistics } }) => {
      const refused = byReason(statistics.refused);
      const known = refused.reduce((sum, { value }) => sum + value, 0);
      const value = statistics.connectionsRefused - known;
      return [...refused, { labels: { reason: "not_mqtt" }, value }];
    },
  },
  {
    name: "rqtt_connections_over_limit_total",
    help: "Those of them that a limit has refused, by its key; " +
      "listener_max_connections is max_connections of a listener",
    type: "counter",
    read: ({ broker: { statistics } }) =>
      CONNECTION_LIMIT_NAMES.map((limit, index) => ({
        labels: { limit },
        value: statistics.overLimit[index],
      })),
  },
  {
    name: "rqtt_sessions",
    help: "Sessions, with and without a connection",
    type: "gauge",
    read: ({ broker }) => {
      const { clientsConnected } = broker.statistics;
      return [
        { labels: { state: "connected" }, value: clientsConnected },
        {
          labels: { state: "away" },
          value: broker.sessions.count - clientsConnected,
        },
      ];
    },
  },
  {
    name: "rqtt_sessions_expired_total",
    help: "Sessions whose expiry interval ran out",
    type: "counter",
    read: ({ broker }) => broker.statistics.sessionsExpired,
  },
  {
    name: "rqtt_subscriptions",
    help: "Subscriptions of all sessions",
    type: "gauge",
    read: ({ broker: { router: { subscriptions } } }) => [
      {
        labels: { shared: "false" },
        value: subscriptions.size - subscriptions.sharedSize,
      },
      { labels: { shared: "true" }, value: subscriptions.sharedSize },
    ],
  },
  {
    name: "rqtt_retained_messages",
    help: "Retained messages",
    type: "gauge",
    read: ({ broker }) => broker.retained.count,
  },
  {
    name: "rqtt_retained_bytes",
    help: "Topic names and payloads of retained messages",
    type: "gauge",
    read: ({ broker }) => broker.retained.sizeBytes,
  },
  {
    name: "rqtt_received_bytes_total",
    help: "Bytes of MQTT packets received",
    type: "counter",
    read: ({ broker }) => broker.statistics.bytesReceived,
  },
  {
    name: "rqtt_sent_bytes_total",
    help: "Bytes of MQTT packets sent",
    type: "counter",
    read: ({ broker }) => broker.statistics.bytesSent,
  },
  {
    name: "rqtt_packets_received_total",
    help: "MQTT packets of all types received",
    type: "counter",
    read: ({ broker }) => broker.statistics.packetsReceived,
  },
  {
    name: "rqtt_packets_sent_total",
    help: "MQTT packets of all types sent",
    type: "counter",
    read: ({ broker }) => broker.statistics.packetsSent,
  },
  {
    name: "rqtt_messages_received_total",
    help: "PUBLISH packets received",
    type: "counter",
    read: ({ broker }) => byQos(broker.statistics.messagesReceived),
  },
  {
    name: "rqtt_messages_sent_total",
    help: "PUBLISH packets sent",
    type: "counter",
    read: ({ broker }) => byQos(broker.statistics.messagesSent),
  },
  {
    name: "rqtt_payload_received_bytes_total",
    help: "Bytes of the payloads of PUBLISH packets received",
    type: "counter",
    read: ({ broker }) => byQos(broker.statistics.payloadBytesReceived),
  },
  {
    name: "rqtt_payload_sent_bytes_total",
    help: "Bytes of the payloads of PUBLISH packets sent",
    type: "counter",
    read: ({ broker }) => byQos(broker.statistics.payloadBytesSent),
  },
  {
    name: "rqtt_messages_dropped_total",
    help: "Messages that a client did not get",
    type: "counter",
    read: ({ broker }) =>
      DROP_REASON_NAMES.map((reason, index) => ({
        labels: { reason },
        value: broker.statistics.dropped[index],
      })),
  },
  {
    name: "rqtt_queued_messages",
    help: "Messages in the queues of all sessions",
    type: "gauge",
    read: ({ monitor }) => monitor.totals.read().queuedMessages,
  },
  {
    name: "rqtt_queued_bytes",
    help: "Topic names and payloads in the queues of all sessions",
    type: "gauge",
    read: ({ monitor }) => monitor.totals.read().queuedBytes,
  },
  {
    name: "rqtt_inflight_messages",
    help: "QoS 1 and 2 messages sent and not acknowledged",
    type: "gauge",
    read: ({ monitor }) => monitor.totals.read().inflightMessages,
  },
  {
    name: "rqtt_unsent_bytes",
    help: "Bytes that wait for clients to take them",
    type: "gauge",
    read: ({ monitor }) => monitor.totals.read().unsentBytes,
  },
  {
    name: "rqtt_slow_consumers",
    help: "Clients that do not keep up with what they receive",
    type: "gauge",
    read: ({ monitor }) => monitor.totals.read().slowConsumers,
  },
  {
    name: "rqtt_slow_consumers_total",
    help: "Times that a client has stopped to keep up",
    type: "counter",
    read: ({ broker }) => broker.statistics.slowConsumers,
  },
  {
    name: "rqtt_publisher_pauses_total",
    help: "Times that a publisher was paused for a client that did not drain",
    type: "counter",
    read: ({ broker }) => broker.statistics.publisherPauses,
  },
  {
    name: "rqtt_route_cache_lookups_total",
    help: "Topics looked up for their receivers",
    type: "counter",
    read: ({ broker: { router: { routes } } }) => [
      { labels: { result: "hit" }, value: routes.hits },
      { labels: { result: "miss" }, value: routes.misses },
    ],
  },
  {
    name: "rqtt_route_cache_entries",
    help: "Topics whose receivers are remembered",
    type: "gauge",
    read: ({ broker }) => broker.router.routes.size,
  },
  {
    name: "rqtt_delivery_seconds",
    help: "From the arrival of a message to the moment its copy was sent, " +
      "of sampled messages",
    type: "histogram",
    read: ({ broker }) => broker.statistics.deliverySeconds,
  },
  {
    name: "rqtt_acknowledgement_seconds",
    help: "From the arrival of a QoS 1 or 2 message to the moment its PUBACK " +
      "or PUBREC was sent, of sampled messages",
    type: "histogram",
    read: ({ broker }) => broker.statistics.acknowledgementSeconds,
  },
  {
    name: "rqtt_authentication_seconds",
    help: "What it took to let a client in or refuse it",
    type: "histogram",
    read: ({ broker }) => broker.statistics.authenticationSeconds,
  },
  {
    name: "rqtt_authentication_failures_total",
    help: "Clients that were not let in",
    type: "counter",
    read: ({ broker }) => broker.statistics.authenticationFailures,
  },
  {
    name: "rqtt_authorization_seconds",
    help: "What it took to decide what a client may do, where that was not " +
      "known at once",
    type: "histogram",
    read: ({ broker }) => broker.statistics.authorizationSeconds,
  },
];

/** One number for each Reason Code that has occurred. */
function byReason(counts: Float64Array): LabelledValue[] {
  const values: LabelledValue[] = [];
  for (const [reasonCode, value] of counts.entries()) {
    if (value === 0) continue;
    const name = reasonCode === 0
      ? "Normal disconnection"
      : reasonName(reasonCode);
    const reason = name.toLowerCase().replaceAll(/\W+/g, "_");
    values.push({ labels: { reason }, value });
  }
  return values;
}
