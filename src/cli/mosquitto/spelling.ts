import type { Option } from "../command.ts";

/** An option of Mosquitto's clients. */
export interface ClientOption extends Option {
  /** What its value is called when it is missing; a switch has none. */
  readonly noun?: string;
  /** Why it cannot be done here, and what to do instead. */
  readonly refusal?: string;
}

/** `"-q --qos QOS: QoS"`: names, value and, behind the colon, its noun. */
function option(
  spelling: string,
  summary: string,
  more: Partial<ClientOption> = {},
): ClientOption {
  const [front, noun] = spelling.split(": ");
  const words = front.split(" ");
  const names = words.filter((word) => word.startsWith("-"));
  const value = words.filter((word) => !word.startsWith("-")).join(" ");
  const long = names.find((name) => name.startsWith("--"));
  const short = names.find((name) => !name.startsWith("--"))?.slice(1);
  return {
    name: long?.slice(2) ?? short!,
    ...long !== undefined && short !== undefined && { short },
    ...value !== "" && { value },
    ...noun !== undefined && { noun },
    summary,
    ...more,
  };
}

/** One that is named in the help beside others of its kind. */
function member(group: string, spelling: string, summary: string) {
  return option(spelling, summary, { group });
}

/** One that cannot be done here, and why. */
function refused(spelling: string, refusal: string): ClientOption {
  return option(spelling, refusal, { refusal, isHidden: true });
}

const NO_ENGINE = "keys are read from PEM files (--key)";
const NO_PSK = "use certificates (--cafile)";

/** How to reach the broker and who one is: the same for every client. */
const SHARED: readonly ClientOption[] = [
  option("-D --property PACKET NAME VALUE", "add a property (MQTT 5.0)"),
  member("Print", "-d --debug", "print every packet"),
  member("Connect", "-h --host HOST: host", "the broker, else localhost"),
  member("Connect", "-p --port PORT: port", "its port, 1883 or 8883"),
  member("Connect", "-L --url URL: URL", "mqtt[s]://user:pw@host:port/topic"),
  member("Connect", "--unix FILE: socket path", "connect to a Unix socket"),
  member("Connect", "--ws", "connect to a WebSocket, path /mqtt"),
  member("Connect", "--nodelay", "send small packets at once, as always"),
  member("Connect", "-k --keepalive SECONDS: keepalive", "Keep Alive, 60"),
  member("Client", "-u --username NAME: username", "user name"),
  member("Client", "-P --pw PASSWORD: password", "its password"),
  member("Client", "-i --id ID: id", "Client Identifier"),
  member("Client", "-I --id-prefix PREFIX: id prefix", "before the PID"),
  member("Client", "-c --disable-clean-session", "keep the session"),
  member("Client", "-x SECONDS: session expiry interval", "keep it so long"),
  option("-V --protocol-version VERSION: version", "MQTT version", {
    group: "Client",
    choices: ["mqttv5", "mqttv311", "mqttv31", "5", "311", "31"],
  }),
  member("Will", "--will-topic TOPIC: will topic", "its Topic Name"),
  member("Will", "--will-payload TEXT: will payload", "its payload"),
  option("--will-qos QOS: will QoS", "its QoS", {
    group: "Will",
    choices: ["0", "1", "2"],
  }),
  member("Will", "--will-retain", "retain it"),
  member("TLS", "--cafile FILE: file", "trust these certificates"),
  member("TLS", "--capath DIR: directory", "trust those in there"),
  member("TLS", "--tls-use-os-certs", "trust what the system trusts"),
  member("TLS", "--cert FILE: file", "the client's certificate"),
  member("TLS", "--key FILE: file", "its private key"),
  option("--keyform FORM: keyform", "form of the key", {
    choices: ["pem"],
    isHidden: true,
  }),
  member("TLS", "--insecure", "accept a certificate of another host"),
  member("TLS", "--tls-alpn PROTOCOL: protocol", "ask for this protocol"),
  refused("-A ADDRESS: address", "the system chooses the address"),
  refused(
    "--proxy URL: proxy url",
    "open a tunnel to the broker and connect to its end",
  ),
  refused(
    "--tls-version VERSION: version",
    "the best of 1.2 and 1.3 that both sides know is taken",
  ),
  refused(
    "--ciphers CIPHERS: ciphers",
    "the list cannot be changed, all of it is safe",
  ),
  refused("--tls-engine ENGINE: engine_id", NO_ENGINE),
  refused("--tls-engine-kpass-sha1 SHA1: kpass sha1", NO_ENGINE),
  refused("--psk KEY: key", NO_PSK),
  refused("--psk-identity IDENTITY: identity", NO_PSK),
  option("--quiet", "print no errors", { group: "Print" }),
];

const HELP = option("--help", "print this help and exit", { group: "Print" });

const TOPIC = "Topic Name to publish to";
const QOS: Partial<ClientOption> = { choices: ["0", "1", "2"] };

/** What is published. */
const PAYLOAD: readonly ClientOption[] = [
  option("-m --message TEXT: message", "publish this"),
  member("Payload", "-f --file FILE: file", "what the file holds"),
  member("Payload", "-s --stdin-file", "all of standard input"),
  member("Payload", "-n --null-message", "none"),
];

const FORMAT: readonly ClientOption[] = [
  option("-F FORMAT: format", "print %t topic, %p payload, %j JSON …"),
  option("-v --verbose", "print the Topic Name as well"),
  option("-W SECONDS: timeout", "exit with code 27 after this time"),
  member("Print", "-N", "no line end"),
  member("Print", "--pretty", "indent JSON"),
];

/** Options of `rqtt pub`, in the order of its help. */
export const PUB_OPTIONS: readonly ClientOption[] = [
  option("-t --topic TOPIC: topic", TOPIC),
  ...PAYLOAD,
  option("-l --stdin-line", "publish each line of standard input"),
  option("-q --qos QOS: QoS", "0, 1 or 2", QOS),
  option("-r --retain", "retain it"),
  member("Publish", "--repeat N: count", "publish it N times"),
  member("Publish", "--repeat-delay SECONDS: time", "wait between them"),
  member("Publish", "-M N: max_inflight", "unacknowledged at once"),
  ...SHARED,
  HELP,
];

/** Options of `rqtt sub`, in the order of its help. */
export const SUB_OPTIONS: readonly ClientOption[] = [
  option("-t --topic FILTER: topic", "subscribe to it; may be repeated"),
  option("-q --qos QOS: QoS", "0, 1 or 2 at most", QOS),
  ...FORMAT,
  option("-C N: count", "exit after N messages"),
  member("Receive", "-E", "exit when subscribed"),
  member("Receive", "-T --filter-out FILTER: topic filter", "do not print"),
  member("Receive", "-U --unsubscribe FILTER: unsubscribe topic", "end it"),
  member("Receive", "-R", "print no retained messages"),
  member("Receive", "--retained-only", "print nothing else"),
  member("Receive", "--remove-retained", "clear what is retained"),
  member("Receive", "--retain-as-published", "see RETAIN as published"),
  member("Receive", "--random-filter PERCENT: chance", "print some of them"),
  ...SHARED,
  HELP,
];

/** Options of `rqtt rr`, in the order of its help. */
export const RR_OPTIONS: readonly ClientOption[] = [
  option("-t --topic TOPIC: topic", TOPIC),
  option("-e TOPIC: response topic", "Topic Name of the response"),
  ...PAYLOAD,
  option("-q --qos QOS: QoS", "0, 1 or 2", QOS),
  ...FORMAT,
  member("Print", "-R", "take no retained response"),
  ...SHARED,
  HELP,
];
