// A process that opens one log and has its last page, by our store or by the least that could do it: says how long that took and the most
// memory that it had.
import { readFileSync } from "node:fs";
import path from "node:path";
import { ConversationStore } from "../../src/conversation/store.ts";
import { ConversationId } from "../../src/protocol/ids.ts";

const [, , who = "", root = "", id = ""] = process.argv;
const pageLength = 200;
const before = performance.now();
await (who === "ours" ? ours() : floor());

async function ours(): Promise<void> {
  await using conversation = await new ConversationStore(root).open(ConversationId.parse(id), 0);
  const page = await conversation.read(conversation.count - pageLength, conversation.count);
  say(page.length === pageLength ? conversation.count : -1);
}

async function floor(): Promise<void> {
  const lines = readFileSync(path.join(root, id, "events.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  say(lines.map((line): unknown => JSON.parse(line)).length);
}

function say(count: number): void {
  process.stdout.write(JSON.stringify({ tookMs: performance.now() - before, maxRssMb: process.resourceUsage().maxRSS / 1024, count }));
}
