import { fileEditorTool } from "./fileEditor.ts";
import { finishTool } from "./finish.ts";
import { terminalTool } from "./terminal.ts";
import { thinkTool } from "./think.ts";
import type { Tool } from "./tool.ts";

/** The tools of one conversation; make them anew for each, because they remember: what can be undone, what was left running. */
export function defaultTools(): readonly Tool[] {
  return [terminalTool(), fileEditorTool(), thinkTool, finishTool];
}
