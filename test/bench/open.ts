import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { encodeRecord } from "../../src/conversation/record.ts";
import { type EventDraft, stamp } from "../../src/conversation/stamp.ts";
import { textContent } from "../../src/protocol/content.ts";
import type { Part, Row, Target } from "./row.ts";
import { spread } from "./statistics.ts";

const rounds = 5;
const sizes: readonly { readonly count: number; readonly time: Target; readonly memory?: Target }[] = [
  { count: 1_000, time: { atMost: 500 } },
  { count: 10_000, time: { atMost: 500 } },
  { count: 100_000, time: { atMost: 1_500 }, memory: { atMost: 300 } },
];

/** How long it takes until the last page of a long conversation is there, and with how much memory, each in a process of its own. */
export async function measureOpen(folder: string): Promise<Part> {
  await mkdir(folder, { recursive: true });
  const root = await mkdtemp(path.join(folder, "openhands-bench-"));
  try {
    const problems: string[] = [];
    const rows = sizes.flatMap((size) => rowsOf(root, size, problems));
    return { title: `Open a conversation (${rounds} processes each)`, rows, notes: [], problems };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function rowsOf(root: string, { count, time, memory }: (typeof sizes)[number], problems: string[]): Row[] {
  const id = randomUUID();
  writeLog(path.join(root, id), count);
  const times = Array.from({ length: rounds }, () => ({ floor: open("floor", root, id), ours: open("ours", root, id) }));
  if (times.some(({ ours }) => ours.count !== count)) problems.push(`open: not all of ${count} events are there`);
  const both = (value: "tookMs" | "maxRssMb") => ({
    ours: spread(times.map(({ ours }) => ours[value])),
    floor: spread(times.map(({ floor }) => floor[value])),
  });
  return [
    { name: `${count / 1_000}k events`, unit: "ms", ...both("tookMs"), target: time },
    { name: `${count / 1_000}k events`, unit: "MB", ...both("maxRssMb"), ...(memory ? { target: memory } : {}) },
  ];
}

function open(who: string, root: string, id: string): { readonly tookMs: number; readonly maxRssMb: number; readonly count: number } {
  const program = path.join(import.meta.dirname, "openProcess.ts");
  return JSON.parse(execFileSync(process.execPath, [program, who, root, id], { encoding: "utf8" }));
}

/** About 1.6 kB for each event, as an agent at work writes them. */
function writeLog(folder: string, count: number): void {
  mkdirSync(folder);
  const file = openSync(path.join(folder, "events.jsonl"), "w");
  let leaf: string | undefined;
  for (let seq = 0; seq < count; ) {
    const events = stamp(draftsOf(seq), leaf).slice(0, count - seq);
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
