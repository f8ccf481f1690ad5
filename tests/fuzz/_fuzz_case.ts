import { decodeHex, encodeHex } from "./_hex.ts";

/**
 * What some clients send: for each connection the chunks in which the broker
 * reads its bytes. Connections take turns, one chunk at a time.
 */
export interface FuzzCase {
  readonly connections: readonly (readonly Uint8Array[])[];
}

/** One line for each connection, one word of hexadecimal digits for each chunk. */
export function formatCase({ connections }: FuzzCase): string {
  return connections.map((chunks) => chunks.map(encodeHex).join(" ") + "\n")
    .join("");
}

/** Reads what {@linkcode formatCase} wrote; lines that begin with `#` are comments. */
export function parseCase(text: string): FuzzCase {
  const lines = text.split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return {
    connections: lines.map((line) => line.trim().split(" ").map(decodeHex)),
  };
}

/** Calls `deliver` for each chunk in the order in which the broker gets them. */
export async function forEachChunk(
  { connections }: FuzzCase,
  deliver: (connection: number, chunk: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const rounds = Math.max(0, ...connections.map((chunks) => chunks.length));
  for (let round = 0; round < rounds; round++) {
    for (let index = 0; index < connections.length; index++) {
      const chunk = connections[index][round];
      if (chunk !== undefined) await deliver(index, chunk);
    }
  }
}

/** All that a connection sends, as one array. */
export function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const bytes = new Uint8Array(length);
  let position = 0;
  for (const piece of pieces) {
    bytes.set(piece, position);
    position += piece.length;
  }
  return bytes;
}
