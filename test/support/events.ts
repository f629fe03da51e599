// Events made by hand, for what looks at a log.
import { randomUUID } from "node:crypto";
import { textContent } from "../../src/protocol/content.ts";
import type { ActionEvent, Event, MessageEvent } from "../../src/protocol/events.ts";
import { EventId } from "../../src/protocol/ids.ts";

const common = () => ({ id: EventId.parse(randomUUID()), timestamp: "2026-01-05T10:00:02.775000" });

interface CallParts {
  readonly name?: string;
  readonly command?: string;
  readonly thought?: string;
  readonly isExecutable?: boolean;
}

/** A call of the terminal in a reply of its own, unless told otherwise. */
export function calls({ name = "terminal", command = "", thought = "", isExecutable = true }: CallParts): ActionEvent {
  const { id, timestamp } = common();
  return {
    kind: "ActionEvent",
    id,
    timestamp,
    source: "agent",
    thought: thought === "" ? [] : [textContent(thought)],
    thinking_blocks: [],
    ...(isExecutable ? { action: { kind: "TerminalAction" as const, command } } : {}),
    tool_name: name,
    tool_call_id: `call-${id}`,
    tool_call: { id: `call-${id}`, name, arguments: JSON.stringify({ command }), origin: "completion" },
    llm_response_id: `reply-${id}`,
    security_risk: "LOW",
  };
}

/** One of high risk that has no id and no time yet; a server gives them. */
export function newCall(command: string): Omit<ActionEvent, "id" | "timestamp"> {
  const { id: _id, timestamp: _timestamp, ...call } = calls({ command });
  return { ...call, security_risk: "HIGH" };
}

export function succeeds({ id, tool_name, tool_call_id }: ActionEvent, output: string): Event {
  const metadata = { exit_code: 0, pid: -1, prefix: "", suffix: "" };
  const observation = {
    kind: "TerminalObservation" as const,
    content: [textContent(output)],
    is_error: false,
    exit_code: 0,
    timeout: false,
    metadata,
  };
  return {
    kind: "ObservationEvent",
    ...common(),
    source: "environment",
    tool_name,
    tool_call_id,
    observation,
    action_id: id,
    extended_content: [],
  };
}

export function fails({ tool_name, tool_call_id }: ActionEvent, error: string): Event {
  const classification = { kind: "agent_action", retryable: true, user_action: "retry" } as const;
  return { kind: "AgentErrorEvent", ...common(), source: "agent", tool_name, tool_call_id, error, classification };
}

const says = (source: "user" | "agent" | "environment", text: string): MessageEvent => ({
  kind: "MessageEvent",
  ...common(),
  source,
  llm_message: { role: source === "agent" ? "assistant" : "user", content: [textContent(text)], thinking_blocks: [] },
  ...(source === "agent" ? { llm_response_id: `reply-${randomUUID()}` } : {}),
  activated_skills: [],
  extended_content: [],
});
export const personSays = (text: string): MessageEvent => says("user", text);
export const agentSays = (text: string): MessageEvent => says("agent", text);
export const environmentSays = (text: string): MessageEvent => says("environment", text);
