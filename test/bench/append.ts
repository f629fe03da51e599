import { randomUUID } from "node:crypto";
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import type { Conversation, EventDraft } from "../../src/conversation/conversation.ts";
import { encodeRecord } from "../../src/conversation/record.ts";
import { ConversationStore } from "../../src/conversation/store.ts";
import { textContent } from "../../src/protocol/content.ts";
import { ConversationId } from "../../src/protocol/ids.ts";
import type { Part } from "./row.ts";
import { quantile, type Spread, spread } from "./statistics.ts";

const rounds = 5;
const perRound = 400;
const warmUp = 100;
const sizeBytes = 1500;

/** How long it takes until an event is on the disk, beside the bare write and fdatasync of the same bytes, in turn; on the disk of `folder`. */
export async function measureAppend(folder: string): Promise<Part> {
  await mkdir(folder, { recursive: true });
  const root = await mkdtemp(path.join(folder, "openhands-bench-"));
  const file = openSync(path.join(root, "floor"), "a");
  try {
    await using conversation = await new ConversationStore(path.join(root, "logs")).create(start(root));
    const times: { readonly ours: number[]; readonly floor: number[] }[] = [];
    await alternate(conversation, file, warmUp);
    for (let round = 0; round < rounds; round++) times.push(await alternate(conversation, file, perRound));
    const problems = conversation.events.length === 5 + warmUp + rounds * perRound ? [] : ["append: an event is missing"];
    const share = (of: number) => ({
      ours: over(
        times.map(({ ours }) => ours),
        of,
      ),
      floor: over(
        times.map(({ floor }) => floor),
        of,
      ),
    });
    const rows = [
      { name: "p50", unit: "ms", ...share(0.5), target: { atMost: 1 } },
      { name: "p99", unit: "ms", ...share(0.99) },
      { name: "most", unit: "ms", ...share(1) },
    ];
    return { title: `Durable append of ${sizeBytes / 1000} kB (${rounds} × ${perRound}, alternating)`, rows, notes: [], problems };
  } finally {
    closeSync(file);
    await rm(root, { recursive: true, force: true });
  }
}

/** The quantile of all values; beside it the least and the most of a round's own. */
function over(times: readonly (readonly number[])[], share: number): Spread {
  return { ...spread(times.map((round) => quantile(round, share))), median: quantile(times.flat(), share) };
}

async function alternate(conversation: Conversation, file: number, count: number): Promise<{ ours: number[]; floor: number[] }> {
  const times = { ours: new Array<number>(), floor: new Array<number>() };
  for (let index = 0; index < count; index++) {
    const before = performance.now();
    const [event] = await conversation.append(draft);
    times.ours.push(performance.now() - before);
    const line = encodeRecord(index, event!);
    const beforeFloor = performance.now();
    writeSync(file, line);
    fdatasyncSync(file);
    times.floor.push(performance.now() - beforeFloor);
  }
  return times;
}

const draft: EventDraft = {
  kind: "MessageEvent",
  source: "user",
  llm_message: { role: "user", content: [textContent("x".repeat(sizeBytes - 390))], thinking_blocks: [] },
  activated_skills: [],
  extended_content: [],
};

function start(working_dir: string) {
  const id = ConversationId.parse(randomUUID());
  return { id, working_dir, llm: { model: "mock" }, confirmation_policy: { kind: "NeverConfirm" } as const, max_iterations: 10 };
}
