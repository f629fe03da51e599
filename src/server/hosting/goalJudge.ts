import * as z from "zod";
import type { Host } from "../../host/host.ts";
import type { ConversationId } from "../../protocol/ids.ts";

export const VerdictShape = z.object({
  /** From 0 to 1: how sure it is that all is done. */
  score: z.number(),
  complete: z.boolean(),
  missing: z.string(),
});
export type Verdict = z.infer<typeof VerdictShape>;

export interface Judging {
  readonly id: ConversationId;
  readonly objective: string;
}

/** Whether the goal is reached, by the model that has read the conversation, asked beside the task. What cannot be understood counts as not reached. */
export async function judged(host: Pick<Host, "ask">, { id, objective }: Judging, signal: AbortSignal): Promise<Verdict> {
  return verdictIn(await host.ask(id, `${instruction}\n\nThe goal:\n${objective}`, signal));
}

const instruction = `Judge as a strict reviewer whether the goal below is reached, by what the conversation proves: files that were written, tests and commands whose output was seen. What was only said is not proven.
Answer with one JSON object and nothing else: {"score": from 0 to 1, "complete": true or false, "missing": "what is left to do or to prove, empty when complete"}`;

const Said = z.object({
  score: z.coerce.number().catch(0),
  complete: z.boolean().optional().catch(undefined),
  missing: z.string().nullish().catch(""),
});

function verdictIn(text: string): Verdict {
  const [block = ""] = /\{[\s\S]*\}/.exec(text) ?? [];
  const said = Said.safeParse(parsed(block)).data;
  if (said === undefined) return { score: 0, complete: false, missing: "The verdict could not be understood." };
  const score = Number.isFinite(said.score) ? Math.min(1, Math.max(0, said.score)) : 0;
  return { score, complete: said.complete ?? score === 1, missing: said.missing ?? "" };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
