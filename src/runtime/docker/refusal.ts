import { messageOf } from "../../protocol/thrown.ts";
import { RuntimeError } from "../runtime.ts";
import { statusOf } from "./engineAnswers.ts";

/** What an engine's answer means for a person; `what` was not done because of it. An error that is no engine's answer stays as it is. */
export function refusal(error: unknown, what: string): unknown {
  if (error instanceof RuntimeError || statusOf(error) === undefined) return error;
  const words = messageOf(error)
    .replace(/^\(HTTP code \d+\) [^-]*- /, "")
    .trim();
  if (/no space left|disk quota/i.test(words)) {
    const sentence = `The engine's disk is full, so ${what}: free space, such as by "docker system prune", and try again.`;
    return new RuntimeError("disk-full", sentence, { cause: error });
  }
  return new RuntimeError("failed", `By the engine's answer ${what}: ${words.slice(0, 500)}`, { cause: error });
}
