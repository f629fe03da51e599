import type { Row, View } from "../protocol/view.ts";
import { exitCodes } from "./usage.ts";

export interface EndOptions {
  readonly wasStopped: boolean;
  /** Whether there was somebody to ask. */
  readonly canAsk: boolean;
  /** Whether the last thing that went wrong is that the model's server was not there. */
  readonly wasUnreachable: boolean;
}

export interface Ending {
  readonly exitCode: number;
  /** Empty when the conversation has said it. */
  readonly sentence: string;
}

/** How a run ended, for the person and for scripts. */
export function endingOf(view: View, options: EndOptions): Ending {
  if (options.wasStopped) return { exitCode: exitCodes.interrupted, sentence: "Interrupted. What was done so far is kept." };
  const status = view.state.execution_status;
  switch (status) {
    case "finished":
      return { exitCode: exitCodes.finished, sentence: "" };
    case "waiting_for_confirmation":
      return {
        exitCode: exitCodes.unanswered,
        sentence: options.canAsk
          ? "The agent still waits for your answer."
          : "The agent needs your confirmation, and there is no terminal to ask on. Run it on a terminal, or pass --confirm never.",
      };
    case "error":
      return {
        exitCode: exitCodeOf(
          view.rows.findLast((row) => row.type === "error"),
          options,
        ),
        sentence: "",
      };
    case "idle":
      // Rejected without a reason: the agent waits for a word that cannot come here.
      return { exitCode: exitCodes.failed, sentence: "You did not allow it, so the agent stopped. What was done so far is kept." };
    case "stuck":
    case "paused":
    case "running":
    case "deleting":
      return { exitCode: exitCodes.failed, sentence: "" };
  }
}

type ErrorRow = Extract<Row, { type: "error" }>;

/** A key, an address or a model that is refused is for the person to set right, and so are an address where nobody answers and an engine that is not there. */
function exitCodeOf(error: ErrorRow | undefined, { wasUnreachable }: EndOptions): number {
  switch (error?.code) {
    case "MaxIterationsReached":
    case "MaxBudgetReached":
    case "MaxTokensReached":
    case "MaxTimeReached":
      return exitCodes.limit;
    case "RuntimeNotOpened":
      return exitCodes.usage;
    default:
      return wasUnreachable || error?.classification.kind === "auth" || error?.classification.kind === "config"
        ? exitCodes.usage
        : exitCodes.failed;
  }
}
