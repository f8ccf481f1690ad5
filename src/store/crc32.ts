const TABLES = makeTables();

/** Four tables, so that four bytes are taken in one step. */
function makeTables(): Int32Array[] {
  const tables = [0, 1, 2, 3].map(() => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) {
      value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    }
    tables[0][byte] = value;
  }
  for (let byte = 0; byte < 256; byte++) {
    for (let i = 1; i < 4; i++) {
      const before = tables[i - 1][byte];
      tables[i][byte] = (before >>> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

/** The CRC-32 of `bytes[start, end)`, as an unsigned number. */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  const [table0, table1, table2, table3] = TABLES;
  let crc = -1;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    crc ^= bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 |
      bytes[i + 3] << 24;
    crc = table3[crc & 0xff] ^ table2[(crc >>> 8) & 0xff] ^
      table1[(crc >>> 16) & 0xff] ^ table0[crc >>> 24];
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ table0[(crc ^ bytes[i]) & 0xff];
  return ~crc >>> 0;
}
