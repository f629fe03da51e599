import { setTimeout as sleep } from "node:timers/promises";
import type { EventDraft } from "../conversation/conversation.ts";
import type { ActionEvent } from "../protocol/events.ts";
import { messageOf } from "../protocol/thrown.ts";
import { type Runtime, RuntimeError } from "../runtime/runtime.ts";
import type { Agent } from "./agent.ts";
import { callError, internalFault } from "./calls.ts";

/** The event that says what came of `event`. A tool that breaks is told to the model and does not end the run; throws only when aborted, or when the runtime has gone. */
export async function execute({ tools, runtime, emit, secrets }: Agent, event: ActionEvent, signal: AbortSignal): Promise<EventDraft> {
  const tool = tools.find(({ name }) => name === event.tool_name);
  if (tool === undefined || !event.action) return callError(event, `There is no tool "${event.tool_name}" here. Nothing was done.`);
  const screen = secrets.stream();
  const show = (text: string): void => (text === "" ? undefined : emit({ type: "terminal.output", actionId: event.id, text }));
  try {
    const onOutput = (text: string): void => show(screen.push(text));
    const secretsIn = (command: string): Record<string, string> => secrets.namedIn(command);
    const observation = await tool.run(event.action, { runtime, signal, onOutput, secretsIn });
    if ("is_error" in observation && observation.is_error) runtime.lost?.throwIfAborted();
    show(screen.end());
    const { tool_name, tool_call_id, id } = event;
    return { kind: "ObservationEvent", source: "environment", tool_name, tool_call_id, observation, action_id: id, extended_content: [] };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RuntimeError && error.code === "unreachable") await throwIfLost(runtime, signal);
    const why = messageOf(error);
    return callError(event, `The tool failed: ${why}`, internalFault);
  }
}

/** How long it may take to find out that a sandbox has gone, after its connection has broken. */
const lossMs = 5_000;

/** One broken request is not the end of a sandbox; but where it is, the model must not go on with what is dead. Throws also when aborted. */
async function throwIfLost({ lost }: Runtime, signal: AbortSignal): Promise<void> {
  if (lost === undefined) return;
  await sleep(lossMs, undefined, { signal: AbortSignal.any([lost, signal]) }).catch(() => undefined);
  signal.throwIfAborted();
  lost.throwIfAborted();
}
