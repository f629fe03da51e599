import type { EventDraft } from "../conversation/conversation.ts";
import type { ActionEvent } from "../protocol/events.ts";
import { messageOf } from "../protocol/thrown.ts";
import type { Agent } from "./agent.ts";
import { callError, internalFault } from "./calls.ts";

/** The event that says what came of `event`. A tool that breaks is told to the model and does not end the run; throws only when aborted. */
export async function execute({ tools, runtime, emit, secrets }: Agent, event: ActionEvent, signal: AbortSignal): Promise<EventDraft> {
  const tool = tools.find(({ name }) => name === event.tool_name);
  if (tool === undefined || !event.action) return callError(event, `There is no tool "${event.tool_name}" here. Nothing was done.`);
  const screen = secrets.stream();
  const show = (text: string): void => (text === "" ? undefined : emit({ type: "terminal.output", actionId: event.id, text }));
  try {
    const onOutput = (text: string): void => show(screen.push(text));
    const secretsIn = (command: string): Record<string, string> => secrets.namedIn(command);
    const observation = await tool.run(event.action, { runtime, signal, onOutput, secretsIn });
    show(screen.end());
    const { tool_name, tool_call_id, id } = event;
    return { kind: "ObservationEvent", source: "environment", tool_name, tool_call_id, observation, action_id: id, extended_content: [] };
  } catch (error) {
    signal.throwIfAborted();
    const why = messageOf(error);
    return callError(event, `The tool failed: ${why}`, internalFault);
  }
}
