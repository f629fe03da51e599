import path from "node:path";
import type { ReadableFiles } from "../../agent/skills/skillFiles.ts";
import { HookConfig, HooksAnswer, HooksRequest, hasHooks } from "../../protocol/agentServer/hooks.ts";
import { RuntimeError } from "../../runtime/runtime.ts";
import type { Routes } from "../routes.ts";

const mostBytes = 256 * 1024;

/**
 * `POST /api/hooks` (agent-server protocol §2.9): what hooks a workspace proposes. They run only when a client sends them with a conversation, because
 * nothing in a workspace starts commands by itself.
 */
export function addHooks(routes: Routes, files: Pick<ReadableFiles, "read">): void {
  const shape = { summary: "The hooks that a workspace proposes", tag: "Hooks", body: HooksRequest, answer: HooksAnswer };
  routes.add(["post", "/api/hooks"], shape, async ({ body: { project_dir }, signal }) => {
    const isPlace = project_dir != null && path.isAbsolute(project_dir);
    return { hook_config: isPlace ? await proposedHooks(files, project_dir, signal) : null };
  });
}

/** Null when there are none, or the file is not one. */
async function proposedHooks(files: Pick<ReadableFiles, "read">, folder: string, signal: AbortSignal): Promise<HookConfig | null> {
  try {
    const { bytes } = await files.read(path.join(folder, ".openhands", "hooks.json"), { maxBytes: mostBytes, signal });
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const { data } = HookConfig.safeParse(value);
    return data !== undefined && hasHooks(data) ? data : null;
  } catch (error) {
    if (error instanceof RuntimeError || error instanceof SyntaxError) return null;
    throw error;
  }
}
