// A tool of one's own, and any model behind an OpenAI-compatible address:
//   LLM_BASE_URL=http://127.0.0.1:11434/v1 LLM_MODEL=qwen3 node test/examples/ownTool.ts
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as z from "zod";
import { ConversationStore } from "../../src/conversation/store.ts";
import { Host } from "../../src/host/host.ts";
import { openLlm } from "../../src/llm/openLlm.ts";
import { textContent, textOf } from "../../src/protocol/content.ts";
import { ConversationId } from "../../src/protocol/ids.ts";
import { noLog } from "../../src/protocol/log.ts";
import { openMemoryRuntime } from "../../src/runtime/memory/memoryRuntime.ts";
import { toolOf } from "../../src/tools/toolOf.ts";

const dice = toolOf({
  name: "roll_dice",
  description: "Rolls a die that is not quite fair.",
  kind: "(other)",
  action: z.object({ kind: z.literal("(other)"), sides: z.number().int().min(2) }),
  parameters: { sides: "How many sides the die has." },
  isReadOnly: true,
  risk: () => ({ level: "LOW" }),
  run: async ({ sides }) => ({ kind: "(other)", content: [textContent(`It shows ${sides}.`)], is_error: false }),
});
const { LLM_MODEL: model = "gpt-5", LLM_BASE_URL: base_url, LLM_API_KEY: apiKey } = process.env;
const folder = await mkdtemp(path.join(tmpdir(), "openhands-example-"));
{
  await using host = new Host({
    store: new ConversationStore(folder),
    openLlm: (ref, folder) => openLlm(ref, folder, { apiKey, demoFolder: "media/demo", demoWordDelayMs: 0 }),
    openRuntime: async ({ workingDir }) => openMemoryRuntime({ workingDir }),
    moreTools: () => [dice],
    log: noLog,
  });
  const conversationId = ConversationId.parse(randomUUID());
  const start = { id: conversationId, working_dir: "/work", llm: { model, ...(base_url ? { base_url } : {}) }, max_iterations: 10 };
  await host.handle({ type: "conversation.create", start: { ...start, confirmation_policy: { kind: "NeverConfirm" } } });
  using _listening = await host.subscribe(conversationId, -1, (heard) => {
    if (heard.type !== "event.appended" || heard.event.kind !== "MessageEvent") return;
    console.log(`${heard.event.source}: ${textOf(heard.event.llm_message.content)}`);
  });
  await host.handle({ type: "message.send", conversationId, text: "Roll a die with six sides. What does it show?" });
  await host.settled(conversationId);
}
await rm(folder, { recursive: true });
