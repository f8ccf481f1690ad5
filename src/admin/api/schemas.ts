import { z } from "@hono/zod-openapi";

/** What every answer that is no success looks like (RFC 9457). */
export const PROBLEM = z.object({
  type: z.string(),
  status: z.int(),
  title: z.string(),
  detail: z.string().openapi({ description: "What is wrong" }),
  remedy: z.string().openapi({ description: "What to do about it" }),
}).openapi("Problem");

/** `problem` and what a success looks like. */
export function json<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
) {
  return { content: { "application/json": { schema } }, description };
}

/** The answers that any request can get. */
export const PROBLEMS = {
  default: {
    content: { "application/problem+json": { schema: PROBLEM } },
    description: "What is wrong with the request, and what to do about it",
  },
};

/** A success that says nothing. */
export const DONE = { description: "Done" };

/** The query of a collection that can be sorted by `sorts`; the first is the default. */
export function pageQuery(sorts: Readonly<Record<string, unknown>>) {
  const names = Object.keys(sorts);
  const choices = names.flatMap((name) => [name, `-${name}`]);
  return {
    limit: z.coerce.number().int().min(1).max(1_000).default(100).openapi({
      description: "The most items on the page",
    }),
    cursor: z.string().max(200_000).optional().openapi({
      description: "The next_cursor of the page before",
    }),
    sort: z.enum(choices).default(names[0]).openapi({
      description: "What comes first; with - the largest",
    }),
  };
}

/** A page of `item`. */
export function pageOf<Item extends z.ZodType>(item: Item, name: string) {
  return z.object({
    items: z.array(item),
    next_cursor: z.string().nullable().openapi({
      description: "For the page behind this one; null if there is none",
    }),
    total: z.int().openapi({ description: "Items on all pages" }),
  }).openapi(`${name}Page`);
}

/** Text that may have `*` in it. */
export function glob(description: string) {
  return z.string().max(65_535).optional().openapi({
    description: `${description}; * stands for any characters`,
  });
}

/** `true` or `false` in a query. */
export const flag = z.enum(["true", "false"]).optional();

/** A time as clients read it. */
export const time = z.iso.datetime();

/** The Topic Name or Client Identifier in a path, percent-encoded. */
export function pathText(name: string, description: string) {
  return z.string().min(1).max(65_535).openapi({
    param: { name, in: "path" },
    description: `${description}, percent-encoded`,
  });
}

/** Writes a moment; `null` for none. */
export function formatTime(ms: number): string | null {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null;
}
