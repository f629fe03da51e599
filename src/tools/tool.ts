import type { Action, Observation } from "../protocol/actions.ts";
import type { ToolDefinition } from "../protocol/events.ts";
import type { RuntimeInfo } from "../protocol/runtime.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** What a tool is given besides its action. */
export interface ToolContext {
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  /** Raw terminal text as it comes, for a person to watch; not kept. */
  readonly onOutput: (text: string) => void;
}

/** What our own code says of an action before it runs; the model's word can raise it, never lower it. */
export type OwnRisk = "LOW" | "MEDIUM" | "HIGH";

/**
 * Something that the model may do.
 *
 * **Contract:** `parse` gives the action in a call's arguments, or throws an Error whose message tells the model what to change.
 * `run` answers with an observation whatever happens in the world (`is_error` says that it did not work); it throws only when aborted,
 * with the signal's reason, or for a fault of our own. A tool keeps no state of its own beyond one conversation.
 */
export interface Tool {
  readonly name: string;
  readonly definition: ToolDefinition;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly isReadOnly: boolean;
  parse(args: Readonly<Record<string, unknown>>): Action;
  risk(action: Action, info: RuntimeInfo): OwnRisk;
  run(action: Action, context: ToolContext): Promise<Observation>;
}
