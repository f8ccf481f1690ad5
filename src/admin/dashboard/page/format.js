/** Numbers and times as people read them. */

const UNITS = ["", " k", " M", " G", " T"];

/** 1234567 → 1.23 M */
export function count(value) {
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit++;
  }
  const text = unit === 0 && Number.isInteger(value)
    ? String(value)
    : value.toPrecision(3);
  return text + UNITS[unit];
}

/** 1536 → 1.54 kB */
export function bytes(value) {
  const text = count(value);
  return text.includes(" ") ? `${text}B` : `${text} B`;
}

/** 0.0012 → 1.2 ms; a dash for none. */
export function seconds(value) {
  if (value === null) return "–";
  if (value < 0.001) return `${Math.round(value * 1e6)} µs`;
  if (value < 1) return `${(value * 1e3).toPrecision(3)} ms`;
  return `${value.toPrecision(3)} s`;
}

/** 0.123 → 12 % */
export function share(value) {
  return `${Math.round(value * 100)} %`;
}

/** How long it is since `iso`. */
export function age(iso) {
  let rest = Math.max(0, Math.floor((Date.now() - Date.parse(iso)) / 1_000));
  const parts = [];
  for (const [unit, length] of [["d", 86_400], ["h", 3_600], ["m", 60]]) {
    if (rest >= length || parts.length > 0) {
      parts.push(`${Math.floor(rest / length)}${unit}`);
    }
    rest %= length;
  }
  return [...parts, `${rest}s`].slice(0, 2).join(" ");
}

/** The time of day. */
export function clock(iso) {
  return new Date(iso).toLocaleTimeString();
}
