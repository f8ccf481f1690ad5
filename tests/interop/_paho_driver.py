"""One Paho client that lines of JSON steer.

The first line of standard input says how to connect and what to subscribe to;
each further line is a command: {"publish": …} or {"disconnect": true}. What
happens is written to standard output, one JSON object a line.
"""

import json
import os
import sys

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

# The names in JSON, and what Paho calls them.
PROPERTY_NAMES = {
    "payloadFormatIndicator": "PayloadFormatIndicator",
    "messageExpiryIntervalSeconds": "MessageExpiryInterval",
    "contentType": "ContentType",
    "responseTopic": "ResponseTopic",
    "correlationData": "CorrelationData",
    "userProperties": "UserProperty",
    "topicAlias": "TopicAlias",
}


def emit(event, **details):
    print(json.dumps({"event": event, **details}), flush=True)


def code_of(reason):
    """Before 5.0 reasons are numbers, since 5.0 objects."""
    return getattr(reason, "value", reason)


def write_properties(packet_type, values):
    properties = Properties(packet_type)
    for name, value in values.items():
        if name == "correlationData":
            value = value.encode()
        elif name == "userProperties":
            value = [tuple(pair) for pair in value]
        setattr(properties, PROPERTY_NAMES[name], value)
    return properties


def read_properties(properties):
    values = {}
    for name, paho_name in PROPERTY_NAMES.items():
        value = getattr(properties, paho_name, None)
        if value is not None:
            is_bytes = isinstance(value, bytes)
            values[name] = value.decode() if is_bytes else value
    return values


class Driver:
    def __init__(self, options):
        self.options = options
        self.is_version_5 = options["version"] == 5
        # Paho 2 wants to be told that these callbacks are as in Paho 1.
        api = getattr(mqtt, "CallbackAPIVersion", None)
        arguments = {} if api is None else {"callback_api_version": api.VERSION1}
        if not self.is_version_5:
            arguments["clean_session"] = not options["isPersistent"]
        link = options.get("link", {"type": "tcp"})
        if link["type"] in ("ws", "wss"):
            arguments["transport"] = "websockets"
        self.client = mqtt.Client(
            client_id=options["clientIdentifier"],
            protocol=options["version"],
            **arguments,
        )
        if link["type"] in ("tls", "wss"):
            identity = link.get("identity", {})
            self.client.tls_set(
                ca_certs=link["authorityPath"],
                certfile=identity.get("certificatePath"),
                keyfile=identity.get("privateKeyPath"),
            )
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: emit("subscribed")
        self.client.on_message = self.on_message
        self.client.on_disconnect = self.on_disconnect
        self.set_will(options.get("will"))

    def set_will(self, will):
        if will is None:
            return
        arguments = {}
        if self.is_version_5:
            arguments["properties"] = write_properties(
                PacketTypes.WILLMESSAGE, will.get("properties", {})
            )
        self.client.will_set(
            will["topicName"],
            will["payload"].encode(),
            qos=will.get("qos", 0),
            retain=will.get("isRetained", False),
            **arguments,
        )

    def connect(self):
        arguments = {}
        if self.is_version_5:
            arguments["clean_start"] = not self.options["isPersistent"]
            if self.options["isPersistent"]:
                properties = Properties(PacketTypes.CONNECT)
                properties.SessionExpiryInterval = 3600
                arguments["properties"] = properties
        self.client.connect("127.0.0.1", self.options["port"], **arguments)
        self.client.loop_start()

    def on_connect(self, client, userdata, flags, reason, properties=None):
        code = code_of(reason)
        emit("connected", code=code)
        if code != 0 or not self.options["topicFilters"]:
            return
        filters, qos = self.options["topicFilters"], self.options["qos"]
        if not self.is_version_5:
            client.subscribe([(each, qos) for each in filters])
            return
        properties = Properties(PacketTypes.SUBSCRIBE)
        if "subscriptionIdentifier" in self.options:
            properties.SubscriptionIdentifier = self.options[
                "subscriptionIdentifier"
            ]
        client.subscribe(
            [(each, SubscribeOptions(qos=qos)) for each in filters],
            properties=properties,
        )

    def on_message(self, client, userdata, message):
        properties = getattr(message, "properties", None)
        emit(
            "message",
            topicName=message.topic,
            payload=message.payload.decode(),
            qos=message.qos,
            isRetained=bool(message.retain),
            properties=read_properties(properties),
            subscriptionIdentifiers=getattr(
                properties, "SubscriptionIdentifier", []
            ),
        )

    def on_disconnect(self, client, userdata, reason, properties=None):
        emit("disconnected", code=code_of(reason))

    def publish(self, publication):
        arguments = {}
        if "properties" in publication:
            arguments["properties"] = write_properties(
                PacketTypes.PUBLISH, publication["properties"]
            )
        self.client.publish(
            publication["topicName"],
            publication["payload"].encode(),
            qos=publication.get("qos", 0),
            retain=publication.get("isRetained", False),
            **arguments,
        ).wait_for_publish()
        emit("published")


def main():
    driver = Driver(json.loads(sys.stdin.readline()))
    driver.connect()
    for line in sys.stdin:
        command = json.loads(line)
        if "publish" in command:
            driver.publish(command["publish"])
        else:
            driver.client.disconnect()
            driver.client.loop_stop()
            break
    sys.stdout.flush()
    # Without waiting for the thread of a client that still tries to connect.
    os._exit(0)


main()
