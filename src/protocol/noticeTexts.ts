/** What a notice in the log says. */
export const condensedText =
  "The older part of the conversation was summarized, because it had become too long for the model. Nothing is lost here.";

export function interruptText(steps: number): string {
  return `Stopped by you after ${steps === 1 ? "1 step" : `${steps} steps`}. The changes are kept.`;
}
