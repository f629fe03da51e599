import type { Action, Observation } from "../protocol/actions.ts";
import type { ToolDefinition } from "../protocol/events.ts";
import type { RiskReason } from "../protocol/riskReasons.ts";
import { type Runtime, RuntimeError } from "../runtime/runtime.ts";

/** What a tool is given besides its action. */
export interface ToolContext {
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  /** Raw terminal text as it comes, for a person to watch; not kept. */
  readonly onOutput: (text: string) => void;
  /** The secrets that a command names, by name: for its environment, and for nothing else. */
  readonly secretsIn: (command: string) => Readonly<Record<string, string>>;
}

/** What a model reads of `tool`: what needs eyes is offered unless it is known to have none. */
export function descriptionFor({ definition, imageNote }: Tool, llm: { readonly hasVision?: boolean | undefined }): string {
  return imageNote === undefined || llm.hasVision === false ? definition.description : `${definition.description}\n${imageNote}`;
}

/** What a tool may look at to judge an action; looking changes nothing. */
export type RiskContext = Pick<ToolContext, "runtime" | "signal">;

/** What our own code says of an action before it runs, and by which rule; the model's word can raise it, never lower it. */
export interface OwnRisk {
  readonly level: "LOW" | "MEDIUM" | "HIGH";
  /** Absent where nothing speaks against it. */
  readonly reason?: RiskReason;
}

/** Whether the model can do something about it; that the runtime cannot be reached is for the run to judge. */
export function isAnswer(error: unknown): error is RuntimeError {
  return error instanceof RuntimeError && error.code !== "unreachable";
}

export const lowRisk: OwnRisk = { level: "LOW" };

/**
 * Something that the model may do.
 *
 * **Contract:** `parse` gives the action in a call's arguments, or throws an Error whose message tells the model what to change.
 * `run` answers with an observation whatever happens in the world (`is_error` says that it did not work); it throws only when aborted,
 * with the signal's reason, for a runtime that cannot be reached, or for a fault of our own. A tool keeps no state of its own beyond one conversation.
 */
export interface Tool {
  readonly name: string;
  readonly definition: ToolDefinition;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly isReadOnly: boolean;
  /** Whether `summary` is a parameter of its own, and not the word for the person that every call may have. */
  readonly hasOwnSummary?: boolean;
  /** A sentence for the description, when the model can see images. */
  readonly imageNote?: string | undefined;
  parse(args: Readonly<Record<string, unknown>>): Action;
  /** Rejects only when aborted: what cannot be judged is HIGH. */
  risk(action: Action, context: RiskContext): Promise<OwnRisk>;
  run(action: Action, context: ToolContext): Promise<Observation>;
}
