import type { RuntimeNeeds } from "../../host/host.ts";
import type { Log } from "../../protocol/log.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { AgentTerminals } from "../terminals/agentTerminals.ts";
import { workspaceFolders } from "../workspaceFolders.ts";

export interface OpenLocalOptions {
  readonly log: Log;
  readonly terminals: AgentTerminals;
}

/** The place in this window where a conversation acts, and its terminal. Rejects with a sentence when the folder cannot be worked in. */
export async function openLocal(
  { conversationId, workingDir, folders }: Pick<RuntimeNeeds, "conversationId" | "workingDir" | "folders">,
  { log, terminals }: OpenLocalOptions,
): Promise<Runtime> {
  const { virtualRoot } = workspaceFolders();
  const options = { workingDir, folders, log, reveal: terminals.reveal };
  if (virtualRoot !== undefined) {
    const { openVirtualRuntime } = await import("./virtualRuntime.ts");
    return openVirtualRuntime({ ...options, root: virtualRoot });
  }
  const { openLocalRuntime } = await import("./localRuntime.ts");
  const runtime = await openLocalRuntime(options);
  const kept = terminals.keep(conversationId, runtime.terminal);
  return {
    ...runtime,
    [Symbol.asyncDispose]: async () => {
      kept[Symbol.dispose]();
      await runtime[Symbol.asyncDispose]();
    },
  };
}
