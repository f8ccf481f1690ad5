import { hex } from "./_bytes.ts";
import type { Case } from "./_cases.ts";

/** Bytes that are no UTF-8 by RFC 3629. */
export const illFormedUtf8: readonly Case<Uint8Array>[] = [
  ["an overlong /", hex("61 c0 af")],
  ["an overlong U+0000", hex("61 c0 80")],
  ["an overlong form of three bytes", hex("61 e0 80 af")],
  ["a surrogate", hex("61 ed a0 80")],
  ["a surrogate pair", hex("61 ed a0 bd ed b8 80")],
  ["a character cut off at the end", hex("61 e2 82")],
  ["a character cut off in between", hex("61 e2 82 62")],
  ["a byte that continues nothing", hex("61 80")],
  ["a character above U+10FFFF", hex("61 f4 90 80 80")],
  ["a byte that UTF-8 never uses", hex("61 ff")],
];

/** The same for a string with U+0000 in it. */
export const withNull: readonly Case<Uint8Array>[] = [
  ["U+0000 alone", hex("00")],
  ["U+0000 inside", hex("61 00 62")],
  ["U+0000 at the end", hex("61 62 00")],
];
