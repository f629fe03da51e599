import { TerminalAction, type TerminalObservation } from "../protocol/actions.ts";
import { textContent } from "../protocol/content.ts";
import { TerminalKey, type TerminalRequest, type TerminalResult } from "../protocol/runtime.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import type { Tool, ToolContext } from "./tool.ts";
import { type ToolParts, toolOf } from "./toolOf.ts";
import { truncateMiddle } from "./truncate.ts";

const maxCharacters = 30_000;
const noChangeTimeoutMs = 30_000;

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
  description: `Runs a bash command in one persistent shell: working directory, variables and functions stay from call to call.
- One call, one command; join several with && or ;. Here-documents and multi-line scripts are fine.
- A command that stays silent for ${noChangeTimeoutMs / 1000} s, or runs longer than \`timeout\`, is reported as still running. Then: an empty command waits on; \`is_input\` types into it or presses a key (C-c stops it).
- Start servers in the background (\`cmd > log 2>&1 &\`). Programs that ask questions get none answered: pass flags such as -y.
- Output over ${maxCharacters} characters loses its middle.`,
  action: TerminalAction,
  parameters: {
    command:
      "The command. Empty: wait for the one that runs. With is_input: the text to type, or a key: C-c, C-d, ENTER, TAB, ESC, UP, DOWN.",
    is_input: "True: the command is input for the running program.",
    timeout: "Seconds to wait at most.",
    reset: "True: start a new shell first; what runs in the old one is ended.",
  },
  isReadOnly: false,
  risk: (_action, info) => (info.isSandboxed ? "MEDIUM" : "HIGH"),
};

async function runTerminal(action: TerminalAction, context: ToolContext, shell: Shell): Promise<TerminalObservation> {
  try {
    return await observe(action, context, shell);
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    return observation(action, { text: error.message, isError: true, workingDir: context.runtime.info.workingDir });
  }
}

async function observe(action: TerminalAction, context: ToolContext, shell: Shell): Promise<TerminalObservation> {
  const { runtime, signal, onOutput } = context;
  if (action.reset) {
    await runtime.terminal.reset(signal);
    shell.isRunning = false;
  }
  if (action.reset && action.command === "" && !action.is_input) {
    return observation(action, { text: "The terminal has been reset.", exitCode: 0, workingDir: runtime.info.workingDir });
  }
  const { workingDir } = runtime.info;
  const request = toRequest(action);
  const earlier = shell.isRunning && request.type === "command" ? await endOfEarlier(context) : undefined;
  if (earlier?.outcome.type === "running") return observation(action, describe({ ...earlier, outcome: { type: "busy" } }, workingDir));
  const result = await runtime.terminal.run(request, { signal, onOutput });
  shell.isRunning = result.outcome.type === "running" || result.outcome.type === "busy";
  const told = describe(result, workingDir);
  return observation(action, earlier === undefined ? told : { ...told, text: `${wordsOfEarlier(earlier)}\n${told.text}` });
}

/** What the command that was left running has printed since, and how it ended; a new command would make the terminal forget it. */
function endOfEarlier({ runtime, signal }: ToolContext): Promise<TerminalResult> {
  return runtime.terminal.run({ type: "poll", timeoutMs: 0, noChangeTimeoutMs: 0 }, { signal });
}

function wordsOfEarlier({ outcome, output }: TerminalResult): string {
  const code = "exitCode" in outcome && outcome.exitCode !== null ? ` with exit code ${outcome.exitCode}` : "";
  const rest = output.trim() === "" ? "" : ` Its last output:\n${truncateMiddle(output.trimEnd(), maxCharacters / 3)}\n`;
  return `[The command that was left running has ended${code}.${rest}]`;
}

function toRequest(action: TerminalAction): TerminalRequest {
  const waits = { noChangeTimeoutMs, ...(action.timeout == null ? {} : { timeoutMs: action.timeout * 1000 }) };
  if (!action.is_input) return action.command === "" ? { type: "poll", ...waits } : { type: "command", command: action.command, ...waits };
  const key = toKey(action.command);
  return key === undefined ? { type: "input", text: action.command, ...waits } : { type: "key", key, ...waits };
}

/** `C-c`, also written `CTRL-C` or `CTRL+c`, and the named keys; anything else is text. */
function toKey(text: string): TerminalKey | undefined {
  const control = /^(?:C-|CTRL[-+])([a-z])$/i.exec(text)?.[1];
  return TerminalKey.safeParse(control ? `C-${control.toLowerCase()}` : text).data;
}

interface Told {
  readonly text: string;
  readonly suffix?: string;
  readonly isError?: boolean;
  /** -1 while it runs. */
  readonly exitCode?: number;
  readonly workingDir: string;
}

function describe(result: TerminalResult, before: string): Told {
  const { outcome, output: text, workingDir } = result;
  const moved = workingDir === before ? "" : ` in ${workingDir}`;
  switch (outcome.type) {
    case "completed":
      return {
        text,
        exitCode: outcome.exitCode,
        workingDir,
        suffix: `[exit code ${outcome.exitCode}${wordsFor(outcome.exitCode)}${moved}]`,
      };
    case "running":
      return { text, exitCode: -1, workingDir, suffix: stillRunning(outcome.reason) };
    case "busy":
      return { text, isError: true, workingDir, suffix: `[Not run: another command is still running. ${howToGoOn}]` };
    case "nothing_running":
      return { text, isError: true, workingDir, suffix: "[No command is running; there is nothing to wait for or to type into.]" };
    case "shell_ended": {
      const code = outcome.exitCode === null ? "" : ` with exit code ${outcome.exitCode}`;
      const suffix = `[The shell itself ended${code}. The next command gets a new one: variables and functions are gone.]`;
      return { text, workingDir, suffix, ...(outcome.exitCode === null ? {} : { exitCode: outcome.exitCode }) };
    }
  }
}

const howToGoOn = 'Wait with an empty command, type with is_input, or stop it with is_input and "C-c".';

function stillRunning(reason: "timeout" | "no_change"): string {
  const why = reason === "timeout" ? "The time is up" : `No new output for ${noChangeTimeoutMs / 1000} seconds`;
  return `[${why}; the command still runs. ${howToGoOn}]`;
}

/** What the well-known codes mean, because they are often misread (reliability.md TF-20). */
function wordsFor(exitCode: number): string {
  const words: Record<number, string> = {
    126: ": found, but not executable",
    127: ": command not found",
    130: ": interrupted",
    137: ": killed, often for lack of memory",
    139: ": crashed with a segmentation fault",
    143: ": terminated",
  };
  return words[exitCode] ?? "";
}

function observation(action: TerminalAction, { text, suffix = "", isError = false, exitCode, workingDir }: Told): TerminalObservation {
  const body = truncateMiddle(text.trimEnd(), maxCharacters);
  return {
    kind: "TerminalObservation",
    content: [textContent([body, suffix].filter((part) => part !== "").join("\n"))],
    is_error: isError,
    command: action.reset ? `[RESET] ${action.command}`.trim() : action.command,
    ...(exitCode === undefined ? {} : { exit_code: exitCode }),
    timeout: false,
    metadata: { exit_code: exitCode ?? -1, pid: -1, working_dir: workingDir, prefix: "", suffix },
  };
}
