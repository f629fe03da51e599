import * as z from "zod";
import type { Action, Observation } from "../protocol/actions.ts";
import { SecurityRisk, type ToolDefinition } from "../protocol/events.ts";
import type { OwnRisk, RiskContext, Tool, ToolContext } from "./tool.ts";

/** What makes one tool; `toolOf` adds what all have in common. */
export interface ToolParts<Made extends Action> {
  readonly name: string;
  /** Read by the model. */
  readonly description: string;
  /** The action's schema, `kind` included. */
  readonly action: z.ZodObject & z.ZodType<Made>;
  readonly kind: Made["kind"];
  /** What each parameter is, read by the model. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly isReadOnly: boolean;
  readonly imageNote?: string;
  readonly risk: (action: Made, context: RiskContext) => OwnRisk | Promise<OwnRisk>;
  readonly run: (action: Made, context: ToolContext) => Promise<Observation>;
}

/** A tool whose arguments are the fields of its action (agent-server protocol §5.1). */
export function toolOf<Made extends Action>(parts: ToolParts<Made>): Tool {
  const { name, action: schema, kind, isReadOnly } = parts;
  const isMade = (action: Action): action is Made => action.kind === kind;
  const only = (action: Action): Made => {
    if (isMade(action)) return action;
    throw new TypeError(`The tool "${name}" was given a ${action.kind}.`);
  };
  return {
    name,
    isReadOnly,
    definition: definitionOf(parts),
    parameters: jsonSchema(schema, parts.parameters, isReadOnly),
    parse: (args) => parse(schema, name, { ...withoutNulls(args), kind }),
    imageNote: parts.imageNote,
    risk: async (action, context) => parts.risk(only(action), context),
    run: (action, context) => parts.run(only(action), context),
  };
}

/** As official servers describe theirs (agent-server protocol §4.3). What only looks may be done again; only a terminal reaches the world. */
function definitionOf<Made extends Action>({ name, kind, description, isReadOnly }: ToolParts<Made>): ToolDefinition {
  const stem = kind.replace(/Action$/, "");
  const annotations = {
    title: name,
    readOnlyHint: isReadOnly,
    destructiveHint: !isReadOnly,
    idempotentHint: isReadOnly,
    openWorldHint: stem === "Terminal",
  };
  return { kind: `${stem}Tool`, title: name, description, action_type: kind, observation_type: `${stem}Observation`, annotations };
}

function withoutNulls(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null));
}

/** What the tool does not have is refused, because a model that sends it means something by it. */
function parse<Made>(schema: z.ZodObject & z.ZodType<Made>, name: string, value: Readonly<Record<string, unknown>>): Made {
  const fields = Object.keys(schema.shape).filter((field) => field !== "kind");
  const unknown = Object.keys(value).filter((field) => field !== "kind" && !fields.includes(field));
  const parsed = schema.safeParse(value);
  if (parsed.success && unknown.length === 0) return parsed.data;
  const wrong = parsed.error?.issues.map((issue) => `${issue.path.join(".") || "arguments"}: ${issue.message}`) ?? [];
  const problems = [...unknown.map((field) => `${field}: there is no such parameter`), ...wrong].join("; ");
  throw new Error(`The arguments do not fit the tool "${name}": ${problems}. Its parameters are: ${fields.join(", ")}. Nothing was done.`);
}

/** Optional parameters are simply not required, nullable ones lose the null, and `kind` is ours (agent-server protocol §5.1). */
function jsonSchema(schema: z.ZodObject, descriptions: Readonly<Record<string, string>>, isReadOnly: boolean): Record<string, unknown> {
  const fields = Object.entries<z.core.$ZodType>(schema.shape).filter(([field]) => field !== "kind");
  const risk = isReadOnly ? {} : { security_risk: { type: "string", enum: SecurityRisk.options } };
  const own = fields.map(([field, type]) => [field, { ...typeSchema(type), description: descriptions[field] }]);
  return {
    type: "object",
    properties: { ...risk, summary: { type: "string" }, ...Object.fromEntries(own) },
    required: fields.filter(([, type]) => !z.safeParse(type, undefined).success).map(([field]) => field),
  };
}

function typeSchema(type: z.core.$ZodType): Record<string, unknown> {
  const { $schema: _, anyOf, ...rest } = z.toJSONSchema(type, { io: "input" });
  const plain = withoutBounds(anyOf?.find((option) => option.type !== "null") ?? rest);
  const { type: one } = plain;
  return Array.isArray(one) ? { ...plain, type: one.find((name) => name !== "null") } : plain;
}

/** The bounds that every integer has say nothing, and cost tokens. */
function withoutBounds({ minimum: _, maximum: __, items, ...plain }: z.core.JSONSchema.BaseSchema): Record<string, unknown> {
  return typeof items === "object" && !Array.isArray(items) ? { ...plain, items: withoutBounds(items) } : plain;
}
