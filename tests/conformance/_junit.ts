/** One test in a report of `deno test --reporter=junit`. */
export interface JunitCase {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** What the report says of the failure, or nothing. */
  readonly failure: string;
}

/** The tests in a JUnit report as Deno writes it. */
export function readJunit(report: string): JunitCase[] {
  const pattern = /<testcase name="([^"]*)"[^>]*?(?:\/>|>(.*?)<\/testcase>)/gs;
  return Array.from(report.matchAll(pattern), ([, name, content = ""]) => ({
    name: decodeEntities(name),
    outcome: outcomeOf(content),
    failure: decodeEntities(content).trim(),
  }));
}

function outcomeOf(content: string): JunitCase["outcome"] {
  if (/<(failure|error)\b/.test(content)) return "failed";
  return /<skipped\b/.test(content) ? "skipped" : "passed";
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

function decodeEntities(text: string): string {
  return text.replace(/&(#x?[\da-f]+|\w+);/gi, (whole, name: string) => {
    if (name.startsWith("#x")) {
      return String.fromCodePoint(parseInt(name.slice(2), 16));
    }
    if (name.startsWith("#")) {
      return String.fromCodePoint(Number(name.slice(1)));
    }
    return entities[name] ?? whole;
  });
}
