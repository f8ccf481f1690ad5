/**
 * What a module takes from outside, read from its syntax tree. The parser is
 * that of Deno's linter, so this works under `deno test` only.
 */

/** One import: static, type-only, dynamic, re-exported or resolved. */
export interface Import {
  /** As it is written; `null` if it is only known when the program runs. */
  readonly specifier: string | null;
  readonly line: number;
}

/** One name that the module may have from its surroundings, such as `Deno`. */
export interface FreeName {
  /** With the property behind it, as in `Math.random`. */
  readonly name: string;
  readonly line: number;
}

export interface ModuleReading {
  readonly imports: readonly Import[];
  readonly freeNames: readonly FreeName[];
}

/** What the syntax trees of the linter have in common. */
interface SyntaxNode {
  readonly type: string;
  readonly range: readonly [number, number];
  readonly parent?: SyntaxNode;
  readonly [field: string]: unknown;
}

/** Reads `source`, the text of the TypeScript module at `path`. */
export function readModule(path: string, source: string): ModuleReading {
  const imports: Import[] = [];
  const freeNames: FreeName[] = [];
  /** Where names begin: `{ name }` is one, and two nodes. */
  const starts = new Set<number>();
  const lineOf = (node: SyntaxNode) =>
    source.slice(0, node.range[0]).split("\n").length;
  const note = (node: SyntaxNode, specifier: unknown) => {
    const isText = typeof specifier === "string";
    imports.push({
      specifier: isText ? specifier : null,
      line: lineOf(node),
    });
  };
  const visitor: Record<string, (node: SyntaxNode) => void> = {
    ImportDeclaration: (node) => note(node, textOf(node.source)),
    ExportAllDeclaration: (node) => note(node, textOf(node.source)),
    ExportNamedDeclaration: (node) => {
      if (node.source) note(node, textOf(node.source));
    },
    ImportExpression: (node) => note(node, textOf(node.source)),
    TSImportType: (node) => note(node, textOf(node.argument)),
    CallExpression: (node) => {
      if (!isResolve(node.callee as SyntaxNode)) return;
      note(node, textOf((node.arguments as SyntaxNode[])[0]));
    },
    Identifier: (node) => {
      const [start] = node.range;
      if (starts.has(start) || !isName(node)) return;
      starts.add(start);
      freeNames.push({ name: nameOf(node), line: lineOf(node) });
    },
  };
  const plugin = {
    name: "module",
    rules: { read: { create: () => visitor } },
  } as unknown as Deno.lint.Plugin;
  Deno.lint.runPlugin(plugin, path, source);
  return { imports, freeNames };
}

/** The text of a literal, also of the type of one. */
function textOf(node: unknown): unknown {
  const { value, literal } = node as { value?: unknown; literal?: unknown };
  return literal === undefined ? value : textOf(literal);
}

/** Whether it is `import.meta.resolve`. */
function isResolve({ type, object, property }: SyntaxNode): boolean {
  return type === "MemberExpression" &&
    (object as SyntaxNode).type === "MetaProperty" &&
    (property as SyntaxNode).name === "resolve";
}

/** Whether the identifier stands for itself: it is no property, no key and no label. */
function isName(node: SyntaxNode): boolean {
  const { parent } = node;
  if (parent === undefined) return true;
  const { range: [start] } = node;
  const begins = (field: unknown) =>
    (field as SyntaxNode | null)?.range?.[0] === start;
  switch (parent.type) {
    case "MemberExpression":
      return parent.computed === true || begins(parent.object);
    case "TSQualifiedName":
      return begins(parent.left);
    case "Property":
      return parent.computed === true || parent.shorthand === true ||
        !begins(parent.key);
    case "PropertyDefinition":
    case "MethodDefinition":
    case "TSPropertySignature":
    case "TSMethodSignature":
      return parent.computed === true || !begins(parent.key);
    case "ImportSpecifier":
    case "ExportSpecifier":
    case "MetaProperty":
      return false;
  }
  return true;
}

function nameOf(node: SyntaxNode): string {
  const { parent } = node;
  const name = node.name as string;
  if (parent?.type !== "MemberExpression" || parent.computed === true) {
    return name;
  }
  const property = parent.property as SyntaxNode;
  return `${name}.${property.name}`;
}
