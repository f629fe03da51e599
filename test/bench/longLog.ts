import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { encodeRecord } from "../../src/conversation/record.ts";
import { type EventDraft, stamp } from "../../src/conversation/stamp.ts";
import { textContent } from "../../src/protocol/content.ts";

/** About 1.6 kB for each event, as an agent at work writes them. */
export function writeLog(folder: string, count: number): void {
  mkdirSync(folder);
  const file = openSync(path.join(folder, "events.jsonl"), "w");
  let leaf: string | undefined;
  for (let seq = 0; seq < count; ) {
    const events = stamp(draftsOf(seq), leaf === undefined ? {} : { leaf_event_id: leaf }).slice(0, count - seq);
    leaf = events.at(-1)?.id;
    writeSync(file, events.map((event) => encodeRecord(seq++, event)).join(""));
  }
  closeSync(file);
}

function draftsOf(step: number): EventDraft[] {
  const call = { tool_name: "terminal", tool_call_id: `call_${step}` };
  const tokens = { prompt_tokens: step, completion_tokens: step, cache_read_tokens: 0, reasoning_tokens: 0 };
  return [
    {
      kind: "ConversationStateUpdateEvent",
      source: "environment",
      key: "stats",
      value: { usage_to_metrics: { agent: { model_name: "mock", accumulated_token_usage: tokens } } },
    },
    {
      kind: "ActionEvent",
      source: "agent",
      thought: [textContent(words(200))],
      thinking_blocks: [],
      ...call,
      llm_response_id: `reply-${step}`,
      tool_call: { id: call.tool_call_id, name: "terminal", arguments: JSON.stringify({ command: words(120) }), origin: "completion" },
      action: { kind: "ThinkAction", thought: words(120) },
      security_risk: "LOW",
    },
    {
      kind: "AgentErrorEvent",
      source: "agent",
      ...call,
      error: words(3_300),
      classification: { kind: "internal", retryable: true, user_action: "none" },
    },
    {
      kind: "MessageEvent",
      source: "agent",
      llm_message: { role: "assistant", content: [textContent(words(800))], thinking_blocks: [] },
      activated_skills: [],
      extended_content: [],
    },
  ];
}

function words(length: number): string {
  const parts: string[] = [];
  for (let left = length; left > 0; left -= 12) parts.push(Math.random().toString(36).slice(2, 13));
  return parts.join("\n").slice(0, length);
}
