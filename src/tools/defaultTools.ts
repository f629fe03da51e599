import type { Event } from "../protocol/events.ts";
import type { RuntimeInfo } from "../protocol/runtime.ts";
import { fileEditorTool } from "./fileEditor.ts";
import { finishTool } from "./finish.ts";
import { globTool, grepTool } from "./search.ts";
import { taskTrackerTool } from "./taskTracker.ts";
import { terminalTool } from "./terminal.ts";
import { thinkTool } from "./think.ts";
import type { Tool } from "./tool.ts";

/**
 * The tools of one conversation, whose events so far are given; make them anew for each, because they remember: what can be undone, what
 * was left running, what is to do. Where no command can run there is no terminal.
 */
export function defaultTools(events: readonly Event[] = [], { shell }: Pick<RuntimeInfo, "shell"> = { shell: "bash" }): readonly Tool[] {
  return [
    ...(shell === null ? [] : [terminalTool()]),
    fileEditorTool(),
    grepTool,
    globTool,
    taskTrackerTool(events),
    thinkTool,
    finishTool,
  ];
}
