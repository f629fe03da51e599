// An agent with a real shell in a temporary folder, which asks before each action: the program lets it read, and refuses the rest.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ConversationStore } from "../../src/conversation/store.ts";
import { Host, type RuntimeNeeds } from "../../src/host/host.ts";
import { scriptedLlm } from "../../src/llm/scripted.ts";
import { ConversationId } from "../../src/protocol/ids.ts";
import { noLog } from "../../src/protocol/log.ts";
import { actionsToConfirm, initialView, reduceView } from "../../src/protocol/view.ts";
import { openMachineRuntime } from "../../src/runtime/machine/machineRuntime.ts";

const run = (command: string) => ({ tool_calls: [{ name: "terminal", arguments: { command } }] });
const replies = [run("wc -l < list.txt"), run("rm list.txt"), { text: "It has two lines; you did not let me remove it." }];
const folder = await mkdtemp(path.join(tmpdir(), "openhands-example-"));
await writeFile(path.join(folder, "list.txt"), "one\ntwo\n");
{
  const store = new ConversationStore(path.join(folder, "kept"));
  const openRuntime = ({ workingDir }: RuntimeNeeds) => openMachineRuntime({ workingDir, wall: "Local · no sandbox" });
  await using host = new Host({ store, openLlm: async () => scriptedLlm(replies), openRuntime, log: noLog });
  const conversationId = ConversationId.parse(randomUUID());
  const start = { id: conversationId, working_dir: folder, llm: { model: "scripted" }, max_iterations: 10 };
  await host.handle({ type: "conversation.create", start: { ...start, confirmation_policy: { kind: "AlwaysConfirm" } } });
  let view = initialView;
  using _listening = await host.subscribe(conversationId, -1, (notification) => (view = reduceView(view, notification)));
  await host.handle({ type: "message.send", conversationId, text: "Count the lines of list.txt, then remove it." });
  for (await host.settled(conversationId); actionsToConfirm(view).length > 0; await host.settled(conversationId)) {
    const asked = actionsToConfirm(view);
    const accept = asked.every(({ tool_call }) => !tool_call.arguments.includes("rm "));
    for (const { tool_call } of asked) console.log(accept ? "allowed" : "refused", tool_call.arguments);
    await host.handle({ type: "confirmation.respond", conversationId, accept, reason: "Keep it.", actionIds: asked.map(({ id }) => id) });
  }
  console.log(view.rows.findLast((row) => row.type === "agent")?.text);
}
await rm(folder, { recursive: true });
