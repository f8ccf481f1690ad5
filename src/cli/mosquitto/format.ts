import type { ReceivedMessage } from "../../client/mod.ts";
import { ClientUsageError } from "./errors.ts";
import { formatJsonMessage } from "./json_message.ts";
import { formatTime } from "./strftime.ts";

/** What a piece of a format knows beside the message. */
export interface FormatContext {
  readonly nowMs: number;
  readonly isPretty: boolean;
  /** Told of what cannot be printed. */
  readonly complain: (problem: string) => void;
}

/** One piece of a format. */
type Piece = (
  message: ReceivedMessage,
  context: FormatContext,
) => string | Uint8Array;

/** How wide a piece is. */
interface Field {
  readonly isLeft: boolean;
  readonly isZeroed: boolean;
  readonly width: number;
  /** The most characters; Infinity unless given. */
  readonly maximum: number;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\",
  "0": "\0",
  a: "\x07",
  e: "\x1b",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

const encoder = new TextEncoder();

/** Writes messages by a format of -F. */
export class MessageFormat {
  readonly #pieces: readonly Piece[];

  /** @throws {ClientUsageError} If the format has a sequence that means nothing. */
  constructor(format: string) {
    this.#pieces = parse(format);
  }

  /** What is printed for `message`, without a line end. */
  write(message: ReceivedMessage, context: FormatContext): Uint8Array {
    const parts = this.#pieces.map((piece) => {
      const part = piece(message, context);
      return typeof part === "string" ? encoder.encode(part) : part;
    });
    return concatenate(parts);
  }
}

/** Bytes behind each other. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const whole = new Uint8Array(size);
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

function parse(format: string): Piece[] {
  const pieces: Piece[] = [];
  const characters = Array.from(format);
  let index = 0;
  const next = (kind: string): string => {
    const character = characters[index++];
    if (character === undefined) {
      throw new ClientUsageError(`Incomplete ${kind} specifier.`);
    }
    return character;
  };
  while (index < characters.length) {
    const character = characters[index++];
    if (character === "%") {
      const rest = characters.slice(index).join("");
      const [field] = /^[-0]*\d*(?:\.\d*)?/.exec(rest)!;
      index += field.length;
      pieces.push(parameter(next("format"), parseField(field)));
    } else if (character === "@") {
      pieces.push(timePiece(next("format")));
    } else if (character === "\\") {
      const escape = next("escape");
      if (!Object.hasOwn(ESCAPES, escape)) {
        throw new ClientUsageError(`Invalid escape specifier '${escape}'.`);
      }
      pieces.push(() => ESCAPES[escape]);
    } else {
      pieces.push(() => character);
    }
  }
  return pieces;
}

function parseField(text: string): Field {
  const [, flags, width, maximum] = /^([-0]*)(\d*)(?:\.(\d*))?$/.exec(text)!;
  return {
    isLeft: flags.includes("-"),
    isZeroed: flags.includes("0") && !flags.includes("-"),
    width: Number(width),
    maximum: maximum ? Number(maximum) : Infinity,
  };
}

function parameter(letter: string, field: Field): Piece {
  const text = (read: (message: ReceivedMessage) => string | undefined) =>
    padded(field, read);
  const number = (
    read: (message: ReceivedMessage) => number | undefined,
  ): Piece =>
  (message) => fit(String(read(message) ?? ""), field, field.isZeroed);
  switch (letter) {
    case "%":
      return () => "%";
    case "A":
      return number(({ properties }) => properties.topicAlias);
    case "C":
      return text(({ properties }) => properties.contentType);
    case "D":
      return ({ properties }) => properties.correlationData ?? "";
    case "E":
      return number(({ properties }) => properties.messageExpiryInterval);
    case "F":
      return number(({ properties }) => properties.payloadFormatIndicator);
    case "I":
      return (_message, { nowMs }) =>
        fit(formatIso(new Date(nowMs)), field, false);
    case "j":
    case "J":
      return jsonPiece(letter === "J");
    case "l":
      return number(({ payload }) => payload.length);
    case "m":
      return number(({ receipt }) => receipt?.packetIdentifier ?? 0);
    case "P":
      return ({ properties }) =>
        (properties.userProperties ?? [])
          .map(([name, value]) => `${name}:${value}`).join(" ");
    case "p":
      return ({ payload }) => fitPayload(payload, field);
    case "q":
      return ({ qos }) => String(qos);
    case "R":
      return text(({ properties }) => properties.responseTopic);
    case "r":
      return ({ isRetained }) => isRetained ? "1" : "0";
    case "S":
      return number(({ properties }) =>
        properties.subscriptionIdentifiers?.[0]
      );
    case "t":
      return text(({ topicName }) => topicName);
    case "U":
      return (_message, { nowMs }) => formatUnix(nowMs);
    case "x":
      return ({ payload }) => fitHex(payload, field);
    case "X":
      return ({ payload }) => fitHex(payload, field).toUpperCase();
    default:
      throw new ClientUsageError(`Invalid format specifier '${letter}'.`);
  }
}

function padded(
  field: Field,
  read: (message: ReceivedMessage) => string | undefined,
): Piece {
  return (message) => {
    const characters = Array.from(read(message) ?? "");
    return fit(characters.slice(0, field.maximum).join(""), field, false);
  };
}

function fit(text: string, field: Field, isZeroed: boolean): string {
  return field.isLeft
    ? text.padEnd(field.width)
    : text.padStart(field.width, isZeroed ? "0" : " ");
}

/** As wide as the field exactly: a longer payload is cut. */
function fitPayload(
  payload: Uint8Array,
  { width, isLeft, isZeroed }: Field,
): Uint8Array {
  if (width === 0) return payload;
  const shown = payload.subarray(0, width);
  const padding = new Uint8Array(width - shown.length)
    .fill(isZeroed ? 0x30 : 0x20);
  return concatenate(isLeft ? [shown, padding] : [padding, shown]);
}

function fitHex(payload: Uint8Array, field: Field): string {
  const { width } = field;
  const shown = width === 0 ? payload : payload.subarray(0, width >> 1);
  return fit(shown.toHex(), field, field.isZeroed);
}

function jsonPiece(isPayloadJson: boolean): Piece {
  return (message, { nowMs, isPretty, complain }) => {
    const text = formatJsonMessage(message, {
      isPayloadJson,
      isPretty,
      nowMs,
    });
    if (text === null) {
      complain(
        `Error: Message payload is not valid JSON on topic ${message.topicName}.`,
      );
    }
    return text ?? "";
  };
}

function timePiece(letter: string): Piece {
  if (letter === "@") return () => "@";
  if (letter === "N") return (_message, { nowMs }) => formatNanoseconds(nowMs);
  return (_message, { nowMs }) => formatTime(letter, new Date(nowMs));
}

function formatIso(date: Date): string {
  return `${formatTime("F", date)}T${formatTime("T", date)}${
    formatTime("z", date)
  }`;
}

function formatUnix(nowMs: number): string {
  return `${Math.floor(nowMs / 1000)}.${formatNanoseconds(nowMs)}`;
}

function formatNanoseconds(nowMs: number): string {
  return String(Math.floor((nowMs % 1000) * 1_000_000)).padStart(9, "0");
}
