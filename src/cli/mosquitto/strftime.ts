const DAYS = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const DAY_MS = 86_400_000;

/** What one letter of `strftime` makes of a local time, in the C locale. */
type Conversion = (date: Date) => string;

const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  a: (date) => DAYS[date.getDay()].slice(0, 3),
  A: (date) => DAYS[date.getDay()],
  b: (date) => MONTHS[date.getMonth()].slice(0, 3),
  B: (date) => MONTHS[date.getMonth()],
  c: (date) => strftime("a b e T Y", date),
  C: (date) => pad(Math.floor(date.getFullYear() / 100)),
  d: (date) => pad(date.getDate()),
  D: (date) =>
    `${strftime("m", date)}/${strftime("d", date)}/${strftime("y", date)}`,
  e: (date) => String(date.getDate()).padStart(2),
  F: (date) =>
    `${strftime("Y", date)}-${strftime("m", date)}-${strftime("d", date)}`,
  g: (date) => pad(isoWeek(date).year % 100),
  G: (date) => String(isoWeek(date).year),
  h: (date) => MONTHS[date.getMonth()].slice(0, 3),
  H: (date) => pad(date.getHours()),
  I: (date) => pad(hourOfTwelve(date)),
  j: (date) => String(dayOfYear(date) + 1).padStart(3, "0"),
  k: (date) => String(date.getHours()).padStart(2),
  l: (date) => String(hourOfTwelve(date)).padStart(2),
  m: (date) => pad(date.getMonth() + 1),
  M: (date) => pad(date.getMinutes()),
  n: () => "\n",
  p: (date) => date.getHours() < 12 ? "AM" : "PM",
  P: (date) => date.getHours() < 12 ? "am" : "pm",
  r: (date) => strftime("I:M:S p", date),
  R: (date) => strftime("H:M", date),
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  S: (date) => pad(date.getSeconds()),
  t: () => "\t",
  T: (date) => strftime("H:M:S", date),
  u: (date) => String(date.getDay() || 7),
  U: (date) => pad(weekOfYear(date, date.getDay())),
  V: (date) => pad(isoWeek(date).week),
  w: (date) => String(date.getDay()),
  W: (date) => pad(weekOfYear(date, (date.getDay() + 6) % 7)),
  x: (date) => strftime("D", date),
  X: (date) => strftime("T", date),
  y: (date) => pad(date.getFullYear() % 100),
  Y: (date) => String(date.getFullYear()),
  z: (date) => formatOffset(-date.getTimezoneOffset()),
  Z: nameOfZone,
};

/** Writes `%letter`; what has no meaning stays as it is. */
export function formatTime(letter: string, date: Date): string {
  return CONVERSIONS[letter]?.(date) ?? `%${letter}`;
}

/** Letters become what they stand for, everything else stays. */
function strftime(format: string, date: Date): string {
  return format.replace(/[A-Za-z]/g, (letter) => formatTime(letter, date));
}

function pad(number: number): string {
  return String(number).padStart(2, "0");
}

function hourOfTwelve(date: Date): number {
  return date.getHours() % 12 || 12;
}

/** From 0; summer time does not count. */
function dayOfYear(date: Date): number {
  const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return (day - Date.UTC(date.getFullYear(), 0, 1)) / DAY_MS;
}

/** Weeks begin where `dayOfWeek` is 0; before the first of them it is week 0. */
function weekOfYear(date: Date, dayOfWeek: number): number {
  return Math.floor((dayOfYear(date) + 7 - dayOfWeek) / 7);
}

/** The week that has the same Thursday [ISO 8601]. */
function isoWeek(date: Date): { readonly year: number; readonly week: number } {
  const thursday = new Date(date);
  thursday.setDate(date.getDate() + 4 - (date.getDay() || 7));
  return {
    year: thursday.getFullYear(),
    week: Math.floor(dayOfYear(thursday) / 7) + 1,
  };
}

function formatOffset(minutes: number): string {
  const size = Math.abs(minutes);
  const sign = minutes < 0 ? "-" : "+";
  return `${sign}${pad(Math.floor(size / 60))}${pad(size % 60)}`;
}

function nameOfZone(date: Date): string {
  const parts = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" })
    .formatToParts(date);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}
