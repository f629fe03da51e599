import * as z from "zod";
import type { McpListing } from "../../tools/mcpTool.ts";

/** Of one server. */
const mostTools = 1_000;
const longestDescription = 4_000;
const longestSchema = 50_000;
const deepestSchema = 30;

const Listed = z.object({
  name: z.string().min(1).max(256),
  description: z.string().nullish(),
  inputSchema: z.record(z.string(), z.unknown()),
  annotations: z
    .object({
      readOnlyHint: z.boolean().nullish(),
      destructiveHint: z.boolean().nullish(),
      idempotentHint: z.boolean().nullish(),
      openWorldHint: z.boolean().nullish(),
    })
    .nullish(),
});

/** A tool as a server describes it, with a schema that every model's API takes. */
export type ListedTool = Omit<McpListing, "name" | "server">;

export interface Listing {
  readonly tools: readonly ListedTool[];
  /** Names of those that cannot be offered. */
  readonly leftOut: readonly string[];
}

/** The tools in what a server answered. Those that are not described well, or too much, are left out, and the others are of use without them. */
export function listedTools(given: readonly unknown[]): Listing {
  const tools = new Map<string, ListedTool>();
  const leftOut: string[] = [];
  for (const one of given.slice(0, mostTools)) {
    const tool = toolIn(one);
    if (tool === undefined || tools.has(tool.ownName)) leftOut.push(nameIn(one));
    else tools.set(tool.ownName, tool);
  }
  leftOut.push(...given.slice(mostTools).map(nameIn));
  return { tools: [...tools.values()], leftOut };
}

function toolIn(given: unknown): ListedTool | undefined {
  const listed = Listed.safeParse(given).data;
  if (listed === undefined || depthOf(listed.inputSchema) > deepestSchema) return undefined;
  const inputSchema = takenSchema(listed.inputSchema);
  if (inputSchema === undefined || JSON.stringify(inputSchema).length > longestSchema) return undefined;
  const { name: ownName, description, annotations } = listed;
  return {
    ownName,
    description: shortened(description?.trim() || "The server does not say what this does.", longestDescription),
    inputSchema,
    isReadOnly: annotations?.readOnlyHint ?? false,
    hints: {
      destructiveHint: annotations?.destructiveHint ?? !annotations?.readOnlyHint,
      idempotentHint: annotations?.idempotentHint ?? false,
      openWorldHint: annotations?.openWorldHint ?? true,
    },
  };
}

/** Of the top of a schema. */
const notTaken: ReadonlySet<string> = new Set(["$schema", "anyOf", "oneOf", "allOf", "not", "enum"]);

/** APIs take an object with properties of plain names, and no alternatives at its top; the server itself checks what comes. */
function takenSchema(given: Readonly<Record<string, unknown>>): ListedTool["inputSchema"] | undefined {
  const { type, properties = {} } = given;
  if ((type !== undefined && type !== "object") || typeof properties !== "object" || properties === null) return undefined;
  const isPlain = Object.keys(properties).every((name) => /^[\w.-]{1,64}$/.test(name));
  const schema = Object.fromEntries(Object.entries(given).filter(([key]) => !notTaken.has(key)));
  return isPlain ? { ...schema, type: "object", properties } : undefined;
}

/** Counts no further than what is too deep already, so that it cannot run out of stack. */
function depthOf(value: unknown, depth = 0): number {
  if (typeof value !== "object" || value === null || depth > deepestSchema) return depth;
  return Math.max(depth, ...Object.values(value).map((inner) => depthOf(inner, depth + 1)));
}

function nameIn(given: unknown): string {
  const name = typeof given === "object" && given !== null && "name" in given ? given.name : undefined;
  return typeof name === "string" ? shortened(name, 64) : "one without a name";
}

export function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1).toWellFormed()}…` : text.toWellFormed();
}
