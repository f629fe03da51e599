// One task with a model that plays a script, in a workspace that is only in memory: every event is printed, and nothing real is touched.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ConversationStore } from "../../src/conversation/store.ts";
import { Host } from "../../src/host/host.ts";
import { scriptedLlm } from "../../src/llm/scripted.ts";
import { ConversationId } from "../../src/protocol/ids.ts";
import { noLog } from "../../src/protocol/log.ts";
import { openMemoryRuntime } from "../../src/runtime/memory/memoryRuntime.ts";

const llm = scriptedLlm([
  { tool_calls: [{ name: "terminal", arguments: { command: "cat notes.txt" } }] },
  { text: "The notes say hello." },
]);
const folder = await mkdtemp(path.join(tmpdir(), "openhands-example-"));
{
  await using host = new Host({
    store: new ConversationStore(folder),
    openLlm: async () => llm,
    openRuntime: async ({ workingDir }) => openMemoryRuntime({ workingDir, files: { "/work/notes.txt": "hello\n" } }),
    log: noLog,
  });
  const conversationId = ConversationId.parse(randomUUID());
  const start = { id: conversationId, working_dir: "/work", llm: { model: "scripted" }, max_iterations: 10 };
  await host.handle({ type: "conversation.create", start: { ...start, confirmation_policy: { kind: "NeverConfirm" } } });
  using _listening = await host.subscribe(conversationId, -1, (notification) => {
    if (notification.type === "event.appended") console.log(notification.seq, notification.event.kind);
  });
  await host.handle({ type: "message.send", conversationId, text: "What do the notes say?" });
  await host.settled(conversationId);
}
await rm(folder, { recursive: true });
