import { statusEvent } from "../agent/endings.ts";
import type { Secrets } from "../agent/secrets.ts";
import type { EventDraft } from "../conversation/conversation.ts";
import { stateUpdate } from "../conversation/stamp.ts";
import type { CommandOf } from "../protocol/commands.ts";
import type { Event } from "../protocol/events.ts";
import { type DockerRef, type RuntimeRef, sandboxWall } from "../protocol/sandbox.ts";
import { type ConversationState, stateKeys } from "../protocol/state.ts";
import { messageOf } from "../protocol/thrown.ts";
import { HostError } from "./hostError.ts";
import { rejections } from "./questions.ts";

/** What a person sets of a conversation, for its next run. */
export type StateCommand = CommandOf<
  | "conversation.rename"
  | "confirmation_policy.set"
  | "llm.set"
  | "limits.set"
  | "runtime.set"
  | "secrets.set"
  | "state.set"
  | "security_analyzer.set"
>;

export interface Changed {
  readonly state: ConversationState;
  readonly events: readonly Event[];
  /** Gets the values of new ones. */
  readonly secrets: Secrets;
}

/** The events of what the person sets. Throws a HostError when it cannot be. */
export function stateChanges(command: StateCommand, { state, events, secrets }: Changed): EventDraft[] {
  switch (command.type) {
    case "conversation.rename":
      return [stateUpdate("title", command.title)];
    case "confirmation_policy.set":
      return [stateUpdate("confirmation_policy", command.policy)];
    case "llm.set":
      return [stateUpdate("agent", { kind: "Agent", llm: command.llm })];
    case "limits.set": {
      const { limits, maxIterations } = command;
      return [stateUpdate("limits", limits), ...(maxIterations === undefined ? [] : [stateUpdate("max_iterations", maxIterations)])];
    }
    case "runtime.set":
      if (hasWorked(events)) refuseOther(state.runtime ?? local, command.runtime);
      return [stateUpdate(stateKeys.runtime, command.runtime)];
    case "secrets.set":
      setSecrets(command.secrets, secrets);
      return [secretNames(secrets)];
    case "state.set":
      return [stateUpdate(command.key, command.value)];
    case "security_analyzer.set":
      return [stateUpdate("security_analyzer", command.analyzer)];
  }
}

/** For the model, which has been told something else; undefined when it has not, or nothing is different. */
export function noteOfRuntime(before: RuntimeRef | undefined, now: RuntimeRef, events: readonly Event[]): string | undefined {
  if (now.kind !== "docker" || before?.kind !== "docker" || !hasWorked(events)) return undefined;
  return sandboxWall(now) === sandboxWall(before) ? undefined : `NOTE: The sandbox is another one from now on: ${sandboxWall(now)}.`;
}

const local: RuntimeRef = { kind: "local" };

/** Whether the model has been told where it works. */
function hasWorked(events: readonly Event[]): boolean {
  return events.some(({ kind }) => kind === "SystemPromptEvent");
}

function refuseOther(before: RuntimeRef, now: RuntimeRef): void {
  if (before.kind !== now.kind) {
    const where = before.kind === "docker" ? "in a Docker sandbox" : "on this machine";
    throw new HostError(
      "not-possible",
      `The agent has worked ${where} in this conversation, so it stays there. Begin a new one to work elsewhere.`,
    );
  }
  if (before.kind === "docker" && now.kind === "docker" && before.workspace !== now.workspace)
    throw new HostError(
      "not-possible",
      `${seenAs[before.workspace]}, and this stays so in this conversation. Begin a new one to change it.`,
    );
}

const seenAs: Readonly<Record<DockerRef["workspace"], string>> = {
  copy: "The sandbox works on a copy of the folder",
  bind: "The sandbox works on the folder itself",
};

/**
 * The next event follows the event `id`, or begins anew. What waits for an answer gets a result first, so that nothing runs later that belongs
 * elsewhere. Throws a HostError when there is no such event.
 */
export function headEvents(id: string | null, { pending, execution_status }: ConversationState, events: readonly Event[]): EventDraft[] {
  if (id !== null && !events.some((event) => event.id === id && event.kind !== "ConversationStateUpdateEvent"))
    throw new HostError("not-found", "That event is not in this conversation, so it stays where it is.");
  const isWaiting = execution_status === "waiting_for_confirmation";
  const closed = isWaiting ? [...rejections(pending, "The person went back to an earlier event."), statusEvent("idle")] : [];
  return [...closed, stateUpdate(stateKeys.head, id)];
}

function setSecrets(values: Readonly<Record<string, string>>, secrets: Secrets): void {
  try {
    secrets.set(values);
  } catch (cause) {
    throw new HostError("not-possible", messageOf(cause), { cause });
  }
}

/** Their names are kept, so that the model knows of them; their values live as long as the session. */
export function secretNames(secrets: Secrets): EventDraft {
  const sources = secrets.names.map((name) => [name, { kind: "StaticSecret", value: null }] as const);
  return stateUpdate(stateKeys.secrets, { secret_sources: Object.fromEntries(sources) });
}
