import {
  concat,
  lengthPrefixed,
  type Text,
  uint16,
  uint32,
  uint8,
  variable,
} from "./_bytes.ts";

/** Identifier and form of each property of MQTT 5.0. */
const forms = {
  payloadFormatIndicator: [0x01, "byte"],
  messageExpiryInterval: [0x02, "fourByteInteger"],
  contentType: [0x03, "string"],
  responseTopic: [0x08, "string"],
  correlationData: [0x09, "binary"],
  subscriptionIdentifier: [0x0b, "variableByteInteger"],
  sessionExpiryInterval: [0x11, "fourByteInteger"],
  assignedClientIdentifier: [0x12, "string"],
  serverKeepAlive: [0x13, "twoByteInteger"],
  authenticationMethod: [0x15, "string"],
  authenticationData: [0x16, "binary"],
  requestProblemInformation: [0x17, "byte"],
  willDelayInterval: [0x18, "fourByteInteger"],
  requestResponseInformation: [0x19, "byte"],
  responseInformation: [0x1a, "string"],
  serverReference: [0x1c, "string"],
  reasonString: [0x1f, "string"],
  receiveMaximum: [0x21, "twoByteInteger"],
  topicAliasMaximum: [0x22, "twoByteInteger"],
  topicAlias: [0x23, "twoByteInteger"],
  maximumQos: [0x24, "byte"],
  retainAvailable: [0x25, "byte"],
  userProperty: [0x26, "pair"],
  maximumPacketSize: [0x27, "fourByteInteger"],
  wildcardSubscriptionAvailable: [0x28, "byte"],
  subscriptionIdentifierAvailable: [0x29, "byte"],
  sharedSubscriptionAvailable: [0x2a, "byte"],
} as const;

export type PropertyName = keyof typeof forms;

/** One property; a User Property is two texts in one row. */
export type Property =
  | readonly [PropertyName, number | Text]
  | readonly ["userProperty", Text, Text];

/** The properties section: Property Length and `list` in its order. */
export function properties(...list: Property[]): Uint8Array {
  const bytes = concat(list.map(encodeProperty));
  return concat([variable(bytes.length), bytes]);
}

function encodeProperty(property: Property): Uint8Array {
  const [name, value] = property;
  const [identifier, form] = forms[name];
  return concat([uint8(identifier), encodeValue(form, value, property[2])]);
}

function encodeValue(
  form: string,
  value: number | Text,
  second: Text | undefined,
): Uint8Array {
  switch (form) {
    case "byte":
      return uint8(value as number);
    case "twoByteInteger":
      return uint16(value as number);
    case "fourByteInteger":
      return uint32(value as number);
    case "variableByteInteger":
      return variable(value as number);
    case "pair":
      return concat([lengthPrefixed(value as Text), lengthPrefixed(second!)]);
    default:
      return lengthPrefixed(value as Text);
  }
}

/** A place in received bytes; reading past the end is the sender's fault. */
export class Cursor {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#position === this.#bytes.length;
  }

  take(count: number): Uint8Array {
    const end = this.#position + count;
    if (end > this.#bytes.length) {
      throw new Error(
        `Cannot decode packet of the server: it ends ${
          end - this.#bytes.length
        } bytes early`,
      );
    }
    const part = this.#bytes.slice(this.#position, end);
    this.#position = end;
    return part;
  }

  rest(): Uint8Array {
    return this.take(this.#bytes.length - this.#position);
  }

  uint8(): number {
    return this.take(1)[0];
  }

  uint16(): number {
    return this.uint8() * 256 + this.uint8();
  }

  uint32(): number {
    return this.uint16() * 65_536 + this.uint16();
  }

  variable(): number {
    let value = 0;
    for (let factor = 1; factor <= 128 ** 3; factor *= 128) {
      const byte = this.uint8();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (byte === 0 && factor > 1) break;
        return value;
      }
    }
    throw new Error(
      "Cannot decode packet of the server: Variable Byte Integer is padded " +
        "or too long [MQTT-1.5.5-1]",
    );
  }

  binary(): Uint8Array {
    return this.take(this.uint16());
  }

  /** Throws if the server sends what is no UTF-8 Encoded String. */
  text(): string {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const text = decoder.decode(this.binary());
    if (text.includes("\0")) {
      throw new Error(
        "Cannot decode packet of the server: U+0000 in a string " +
          "[MQTT-1.5.4-2]",
      );
    }
    return text;
  }

  properties(): Property[] {
    const section = new Cursor(this.take(this.variable()));
    const list: Property[] = [];
    while (!section.isAtEnd) list.push(section.#property());
    return list;
  }

  #property(): Property {
    const identifier = this.uint8();
    for (const [key, [known, form]] of Object.entries(forms)) {
      if (known !== identifier) continue;
      const name = key as PropertyName;
      switch (form) {
        case "byte":
          return [name, this.uint8()];
        case "twoByteInteger":
          return [name, this.uint16()];
        case "fourByteInteger":
          return [name, this.uint32()];
        case "variableByteInteger":
          return [name, this.variable()];
        case "string":
          return [name, this.text()];
        case "binary":
          return [name, this.binary()];
        case "pair":
          return ["userProperty", this.text(), this.text()];
      }
    }
    throw new Error(
      `Cannot decode packet of the server: no property 0x${
        identifier.toString(16)
      } is defined`,
    );
  }
}
