import { type Action, type Observation, otherAction, otherObservation } from "../protocol/actions.ts";
import { type Content, textContent } from "../protocol/content.ts";
import { SecurityRisk } from "../protocol/events.ts";
import { messageOf } from "../protocol/thrown.ts";
import { mcpContent } from "./mcpContent.ts";
import type { OwnRisk, Tool } from "./tool.ts";

/** A tool of a server of the Model Context Protocol, as it is offered here. */
export interface McpListing {
  /** What the model calls it; unlike the server's own name one that every model's API takes. */
  readonly name: string;
  readonly server: string;
  /** The server's own name for it. */
  readonly ownName: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** The server's word, which nobody has checked. */
  readonly isReadOnly: boolean;
  readonly hints: { readonly destructiveHint: boolean; readonly idempotentHint: boolean; readonly openWorldHint: boolean };
}

export interface McpResult {
  readonly content: readonly unknown[];
  readonly isError: boolean;
  readonly structuredContent?: unknown;
}

/** Rejects with a sentence, or with the signal's reason. */
export type McpCall = (args: Readonly<Record<string, unknown>>, signal: AbortSignal) => Promise<McpResult>;

/**
 * An MCP tool for an agent (agent-server protocol §5.11).
 *
 * Its risk: it acts outside of every wall of ours, so that it is like a command on the machine, HIGH, whatever it is called. Where the server says that it
 * only reads it is MEDIUM: that is the word of somebody whom nobody has checked, and what is asked for goes to them.
 */
export function mcpTool(listing: McpListing, call: McpCall): Tool {
  const { name, description, inputSchema, isReadOnly, hints } = listing;
  const properties = fieldsOf(inputSchema["properties"]);
  const hasOwnSummary = Object.hasOwn(properties, "summary");
  const summary = hasOwnSummary ? {} : { summary: { type: "string" } };
  // The description stands beside it.
  const own = { name: listing.ownName, inputSchema };
  return {
    name,
    // The model's word on the risk is heard all the same.
    isReadOnly: false,
    hasOwnSummary,
    definition: {
      kind: "MCPToolDefinition",
      title: name,
      description,
      action_type: "MCPToolAction",
      observation_type: "MCPToolObservation",
      annotations: { title: name, readOnlyHint: isReadOnly, ...hints },
      mcp_tool: own,
    },
    parameters: {
      ...inputSchema,
      type: "object",
      properties: { security_risk: { type: "string", enum: SecurityRisk.options }, ...summary, ...properties },
    },
    parse: (args) => toAction(args, inputSchema["required"]),
    risk: async () => riskOf(isReadOnly),
    run: async (action, { signal }) => {
      try {
        const { content, isError, structuredContent } = await call(dataOf(action), signal);
        const parts = mcpContent(content.length === 0 && structuredContent !== undefined ? [jsonText(structuredContent)] : content);
        return observation(name, [textContent(`[Tool '${name}' executed.]`), ...parts], isError);
      } catch (error) {
        signal.throwIfAborted();
        return observation(name, [textContent(messageOf(error))], true);
      }
    },
  };
}

function riskOf(isReadOnly: boolean): OwnRisk {
  return { level: isReadOnly ? "MEDIUM" : "HIGH", reason: "server" };
}

/** What is not required and null was not meant; the server checks the rest. */
function toAction(args: Readonly<Record<string, unknown>>, required: unknown): Action {
  const needed = Array.isArray(required) ? required.filter((field) => typeof field === "string") : [];
  const missing = needed.filter((field) => args[field] === undefined);
  if (missing.length > 0) throw new Error(`The call lacks ${missing.join(", ")}. Nothing was done.`);
  const data = Object.fromEntries(Object.entries(args).filter(([field, value]) => value !== null || needed.includes(field)));
  return otherAction("MCPToolAction", { data });
}

function dataOf(action: Action): Readonly<Record<string, unknown>> {
  return "data" in action ? fieldsOf(action.data) : {};
}

function observation(name: string, content: Content[], isError: boolean): Observation {
  return otherObservation("MCPToolObservation", content, { is_error: isError, tool_name: name });
}

function jsonText(value: unknown): object {
  return { type: "text", text: JSON.stringify(value) };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
