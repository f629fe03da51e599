import { type Action, type Observation, otherAction, otherObservation } from "../protocol/actions.ts";
import type { ClientTool } from "../protocol/agentServer/agent.ts";
import { textContent } from "../protocol/content.ts";
import { SecurityRisk } from "../protocol/events.ts";
import type { Tool } from "./tool.ts";

/**
 * A tool that a client carries out (agent-server protocol §5.11): it sees the call in the ActionEvent, whose action has the arguments as they are, and
 * the model is told at once that it was passed on. What comes of it, the client says in a message.
 */
export function clientTool({ name, description, parameters }: ClientTool): Tool {
  const kind = `ClientAction_${name}`;
  const properties = fieldsOf(parameters["properties"]);
  const hasOwnSummary = Object.hasOwn(properties, "summary");
  const summary = hasOwnSummary ? {} : { summary: { type: "string" } };
  return {
    name,
    isReadOnly: false,
    hasOwnSummary,
    definition: {
      kind: "ClientTool",
      title: name,
      description,
      action_type: kind,
      observation_type: "ClientToolObservation",
      annotations: { title: name, readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
    },
    parameters: {
      ...parameters,
      type: "object",
      properties: { security_risk: { type: "string", enum: SecurityRisk.options }, ...summary, ...properties },
    },
    parse: (args) => toAction(kind, args, parameters["required"]),
    // What it does elsewhere nobody here can judge.
    risk: async () => ({ level: "MEDIUM" }),
    run: async () => toObservation(name),
  };
}

function toAction(kind: string, args: Readonly<Record<string, unknown>>, required: unknown): Action {
  const missing = Array.isArray(required) ? required.filter((field) => typeof field === "string" && args[field] === undefined) : [];
  if (missing.length > 0) throw new Error(`The call lacks ${missing.join(", ")}. Nothing was done.`);
  return otherAction(kind, args);
}

function toObservation(name: string): Observation {
  const text = `The call of "${name}" was passed on to the client, which carries it out. Its result comes in a message, if there is one.`;
  return otherObservation("ClientToolObservation", [textContent(text)]);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
