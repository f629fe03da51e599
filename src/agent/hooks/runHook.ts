import type { HookDefinition, HookEventType } from "../../protocol/agentServer/hooks.ts";
import type { CommandResult } from "../../protocol/runtime.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { Runtime } from "../../runtime/runtime.ts";

/** What a hook reads, as JSON (agent-server protocol §6.11). */
export interface HookInput {
  readonly event_type: HookEventType;
  readonly tool_name: string | null;
  readonly tool_input: object | null;
  readonly tool_response: object | null;
  readonly message: string | null;
  readonly session_id: string;
  readonly working_dir: string;
  readonly metadata: object;
}

/** What came of one hook. */
export interface HookOutcome {
  readonly success: boolean;
  readonly blocked: boolean;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly reason?: string;
  readonly additionalContext?: string;
  /** Why it did not run, or not to its end. */
  readonly error?: string;
}

const blockingCode = 2;

/**
 * Runs one hook where the agent acts. Exit code 2 forbids, and so does a JSON answer with `decision: deny` or `continue: false`; every other failure is
 * told and forbids nothing. Rejects only when aborted; the command is ended then.
 */
export async function runHook(
  hook: HookDefinition,
  input: HookInput,
  { commands }: Pick<Runtime, "commands">,
  signal: AbortSignal,
): Promise<HookOutcome> {
  signal.throwIfAborted();
  if (hook.type !== "command") return failed(`Hooks of the type "${hook.type}" do not run here; only commands do.`);
  if (commands === undefined) return failed("It did not run: no command can run here.");
  try {
    const result = await commands.run(
      { command: hook.command, env: environmentOf(input), stdin: JSON.stringify(input), timeoutMs: hook.timeout * 1000 },
      signal,
    );
    return outcomeOf(result, hook.timeout);
  } catch (error) {
    signal.throwIfAborted();
    return failed(`It did not run: ${messageOf(error)}`);
  }
}

function failed(error: string): HookOutcome {
  return { success: false, blocked: false, exitCode: -1, stdout: "", stderr: "", error };
}

function environmentOf({ working_dir, session_id, event_type, tool_name }: HookInput): Record<string, string> {
  return {
    OPENHANDS_PROJECT_DIR: working_dir,
    OPENHANDS_SESSION_ID: session_id,
    OPENHANDS_EVENT_TYPE: event_type,
    ...(tool_name === null ? {} : { OPENHANDS_TOOL_NAME: tool_name }),
  };
}

function outcomeOf({ exitCode, isTimedOut, stdout, stderr }: CommandResult, timeoutSeconds: number): HookOutcome {
  const shared = { exitCode, stdout, stderr };
  if (isTimedOut) return { ...shared, success: false, blocked: false, error: `It was ended after ${timeoutSeconds} seconds.` };
  const answer = answerOf(stdout);
  const { reason, additionalContext } = answer;
  return {
    ...shared,
    success: exitCode === 0,
    blocked: exitCode === blockingCode || String(answer["decision"]).toLowerCase() === "deny" || answer["continue"] === false,
    ...(typeof reason === "string" && reason !== "" ? { reason } : {}),
    ...(typeof additionalContext === "string" && additionalContext !== "" ? { additionalContext } : {}),
  };
}

/** What is no JSON object says nothing. */
function answerOf(stdout: string): Record<string, unknown> {
  if (!stdout.trimStart().startsWith("{")) return {};
  try {
    const value: unknown = JSON.parse(stdout);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
