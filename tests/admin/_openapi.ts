import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";

/** A schema as the document has it. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly format?: string;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly content?: Content }>
  >;
}

/** The document, as far as the tests read it. */
export interface Document {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, Operation>>>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** A request to one operation: fitting, or almost. */
export interface FuzzRequest {
  readonly path: string;
  readonly method: string;
  readonly target: string;
  readonly body: { readonly type: string; readonly text: string } | null;
  /** The type of answer that is asked for. */
  readonly accept: string;
}

/** Checks answers against one document, and makes up requests from it. */
export class OpenApi {
  readonly document: Document;
  readonly #ajv: Ajv2020;
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(document: Document) {
    this.document = document;
    this.#ajv = new Ajv2020({
      strict: false,
      formats: {
        "date-time": (text) => !Number.isNaN(Date.parse(text)),
        base64: true,
      },
    });
    this.#ajv.addSchema(document, "api");
  }

  /** Every operation, as path and method. */
  operations(): (readonly [path: string, method: string])[] {
    return Object.entries(this.document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => [path, method] as const)
    );
  }

  /** What is wrong with an answer; `null` if nothing is. */
  findFault(
    { path, method }: Pick<FuzzRequest, "path" | "method">,
    { status, type, text }: { status: number; type: string; text: string },
  ): string | null {
    const { responses } = this.document.paths[path][method];
    const key = String(status) in responses ? String(status) : "default";
    if (key === "default" && (status < 400 || status === 500)) {
      return `status ${status} is not documented`;
    }
    const { content } = responses[key];
    if (content === undefined) {
      return text === "" ? null : `a body that is not documented: ${text}`;
    }
    const media = type.split(";")[0];
    if (!(media in content)) return `type ${type} is not documented`;
    if (!media.endsWith("json")) return null;
    const validate = this.#validatorOf(
      ["paths", path, method, "responses", key, "content", media, "schema"],
    );
    return validate(JSON.parse(text))
      ? null
      : `${JSON.stringify(validate.errors)} in ${text}`;
  }

  #validatorOf(pointer: readonly string[]): ValidateFunction {
    const path = pointer.map((part) =>
      encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))
    ).join("/");
    const known = this.#validators.get(path);
    if (known !== undefined) return known;
    const validate = this.#ajv.compile({ $ref: `api#/${path}` });
    this.#validators.set(path, validate);
    return validate;
  }

  /** Requests to any operation; `known` are texts that name something. */
  requests(known: readonly string[]): fc.Arbitrary<FuzzRequest> {
    return fc.constantFrom(...this.operations()).chain(([path, method]) => {
      const { parameters = [], requestBody } =
        this.document.paths[path][method];
      const values = fc.tuple(...parameters.map(({ schema, in: place }) => {
        const fitting = place === "path"
          ? fc.constantFrom(...known)
          : this.#valueOf(schema).map(String);
        return fc.oneof(
          { weight: 3, arbitrary: fitting },
          { weight: 2, arbitrary: text() },
          { weight: 3, arbitrary: fc.constant(null) },
        );
      }));
      return fc.record({
        values,
        body: this.#bodyOf(requestBody?.content),
        accept: fc.constantFrom("*/*", "text/event-stream"),
      }).map(({ values, ...rest }) => ({
        path,
        method,
        ...rest,
        target: fill(path, parameters, values),
      }));
    });
  }

  #bodyOf(content: Content | undefined): fc.Arbitrary<FuzzRequest["body"]> {
    if (content === undefined) return fc.constant(null);
    const [[type, { schema }]] = Object.entries(content);
    const fitting = this.#valueOf(schema).map((value) => ({
      type,
      text: JSON.stringify(value),
    }));
    const broken = fc.oneof(
      fc.json().map((text) => ({ type, text })),
      text().map((text) => ({ type, text })),
      text().map((text) => ({ type: "text/plain", text })),
      fc.constant(null),
    );
    return fc.oneof(
      { weight: 3, arbitrary: fitting },
      { weight: 1, arbitrary: broken },
    );
  }

  /** Values that mostly fit `schema`. */
  #valueOf(schema: Schema): fc.Arbitrary<unknown> {
    if (schema.$ref !== undefined) {
      const name = schema.$ref.replace(/^.*\//, "");
      return this.#valueOf(this.document.components.schemas[name]);
    }
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    if (schema.anyOf !== undefined) {
      return fc.oneof(...schema.anyOf.map((each) => this.#valueOf(each)));
    }
    switch (schema.type) {
      case "integer":
      case "number":
        return fc.oneof(
          fc.integer({
            min: schema.minimum ?? -5,
            max: Math.min(schema.maximum ?? 1_000, 0x7fff_ffff),
          }),
          fc.constantFrom(schema.minimum ?? 0, schema.maximum ?? 1, -1, 0.5),
        );
      case "boolean":
        return fc.boolean();
      case "array":
        return schema.prefixItems === undefined
          ? fc.array(this.#valueOf(schema.items ?? {}), { maxLength: 3 })
          : fc.tuple(...schema.prefixItems.map((each) => this.#valueOf(each)));
      case "object":
        return this.#objectOf(schema);
      case "string":
        return fc.oneof(
          fc.constantFrom("a/b", "a/#", "+", "$SYS/x", "AAAA", "*"),
          text(),
        );
      default:
        return fc.jsonValue();
    }
  }

  #objectOf({ properties = {}, required = [] }: Schema) {
    return fc.record(
      Object.fromEntries(
        Object.entries(properties).map(([name, each]) => [
          name,
          this.#valueOf(each),
        ]),
      ),
      { requiredKeys: [...required] },
    );
  }
}

/** Any text that can stand in a URL. */
function text(): fc.Arbitrary<string> {
  return fc.string({ unit: "binary", maxLength: 12 }).map((text) =>
    text.toWellFormed()
  );
}

/** A path parameter that is left out stays as it stands in the document. */
function fill(
  path: string,
  parameters: readonly Parameter[],
  values: readonly (string | null)[],
): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const [index, { name, in: place }] of parameters.entries()) {
    const value = values[index];
    if (value === null) continue;
    if (place === "query") query.set(name, value);
    else filled = filled.replace(`{${name}}`, () => encodeURIComponent(value));
  }
  const filledPath = filled.replaceAll("{", "%7B").replaceAll("}", "%7D");
  return query.size === 0 ? filledPath : `${filledPath}?${query}`;
}
