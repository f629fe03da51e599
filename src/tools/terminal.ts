import { posix } from "node:path";
import { TerminalAction, type TerminalObservation } from "../protocol/actions.ts";
import { textContent } from "../protocol/content.ts";
import { mostShownCharacters, TerminalKey, type TerminalRequest, type TerminalResult } from "../protocol/runtime.ts";
import { describe, noChangeTimeoutMs, type Told, wordsOfEarlier } from "./terminalWords.ts";
import { isAnswer, type Tool, type ToolContext } from "./tool.ts";
import { type ToolParts, toolOf } from "./toolOf.ts";

/** Whether the last answer left a command running: its end has to be told before another one begins. */
interface Shell {
  isRunning: boolean;
}

/** It remembers what it left running: make one for each conversation. */
export function terminalTool(): Tool {
  const shell: Shell = { isRunning: false };
  return toolOf<TerminalAction>({ ...parts, run: (action, context) => runTerminal(action, context, shell) });
}

const parts: Omit<ToolParts<TerminalAction>, "run"> = {
  name: "terminal",
  kind: "TerminalAction",
  description: `Runs a command in one persistent shell: working directory, variables and functions stay from call to call.
- Join several commands with && or ;. Here-documents and multi-line scripts are fine.
- A command that stays silent for ${noChangeTimeoutMs / 1000} s, or runs longer than \`timeout\`, is reported as still running. Then: an empty command waits on; \`is_input\` types into it or presses a key (C-c stops it).
- Start servers in the background (\`cmd > log 2>&1 &\`). Programs that ask questions get none answered: pass flags such as -y.
- Output over ${mostShownCharacters} characters loses its middle.`,
  action: TerminalAction,
  parameters: {
    command: "Empty: wait for the one that runs. With is_input: the text to type, or a key: C-c, C-d, ENTER, TAB, ESC, UP, DOWN.",
    is_input: "The command is input for the running program.",
    timeout: "Seconds to wait at most.",
    reset: "Start a new shell first.",
  },
  isReadOnly: false,
  risk: (_action, { runtime }) => ({ level: runtime.info.isSandboxed ? "MEDIUM" : "HIGH", reason: "command" }),
};

async function runTerminal(action: TerminalAction, context: ToolContext, shell: Shell): Promise<TerminalObservation> {
  try {
    return await observe(action, context, shell);
  } catch (error) {
    if (!isAnswer(error)) throw error;
    return observation(action, { text: error.message, isError: true, workingDir: context.runtime.info.workingDir });
  }
}

async function observe(action: TerminalAction, context: ToolContext, shell: Shell): Promise<TerminalObservation> {
  const { runtime, signal, onOutput } = context;
  if (action.reset && action.is_input) {
    const text = "reset and is_input do not go together: a new shell runs nothing that could be typed into. Nothing was done.";
    return observation(action, { text, isError: true, workingDir: runtime.info.workingDir });
  }
  if (action.reset) {
    await runtime.terminal.reset(signal);
    shell.isRunning = false;
  }
  if (action.reset && action.command === "") {
    return observation(action, { text: "The terminal has been reset.", exitCode: 0, workingDir: runtime.info.workingDir });
  }
  const { workingDir } = runtime.info;
  const request = toRequest(action, context.secretsIn(action.command));
  const earlier = shell.isRunning && request.type === "command" ? await endOfEarlier(context) : undefined;
  const result = await runtime.terminal.run(request, { signal, onOutput });
  shell.isRunning = result.outcome.type === "running" || result.outcome.type === "busy";
  if (earlier?.outcome.type === "running" && result.outcome.type === "busy")
    return observation(action, describe({ ...earlier, outcome: result.outcome }, workingDir));
  const told = describe(result, workingDir);
  return observation(action, earlier === undefined ? told : { ...told, text: `${wordsOfEarlier(earlier)}\n${told.text}` });
}

/** What the command that was left running has printed since, and how it ended; a new command would make the terminal forget it. */
function endOfEarlier({ runtime, signal }: ToolContext): Promise<TerminalResult> {
  return runtime.terminal.run({ type: "poll", timeoutMs: 0, noChangeTimeoutMs: 0 }, { signal });
}

function toRequest(action: TerminalAction, env: Readonly<Record<string, string>>): TerminalRequest {
  const waits = { noChangeTimeoutMs, ...(action.timeout == null ? {} : { timeoutMs: action.timeout * 1000 }) };
  if (!action.is_input && action.command === "") return { type: "poll", ...waits };
  if (!action.is_input) return { type: "command", command: action.command, ...(Object.keys(env).length > 0 ? { env } : {}), ...waits };
  const key = toKey(action.command);
  return key === undefined ? { type: "input", text: action.command, ...waits } : { type: "key", key, ...waits };
}

/** `C-c`, also written `CTRL-C` or `CTRL+c`, and the named keys; anything else is text. */
function toKey(text: string): TerminalKey | undefined {
  const control = /^(?:C-|CTRL[-+])([a-z])$/i.exec(text)?.[1];
  return TerminalKey.safeParse(control ? `C-${control.toLowerCase()}` : text).data;
}

function observation(
  action: TerminalAction,
  { text, suffix = "", isError = false, exitCode, workingDir, fullOutput }: Told,
): TerminalObservation {
  return {
    kind: "TerminalObservation",
    content: [textContent([text.trimEnd(), suffix].filter((part) => part !== "").join("\n"))],
    is_error: isError,
    command: action.reset ? `[RESET] ${action.command}`.trim() : action.command,
    ...(exitCode === undefined ? {} : { exit_code: exitCode }),
    timeout: false,
    metadata: { exit_code: exitCode ?? -1, pid: -1, working_dir: workingDir, prefix: "", suffix },
    ...(fullOutput === undefined ? {} : { full_output_save_dir: posix.dirname(fullOutput.path) }),
  };
}
