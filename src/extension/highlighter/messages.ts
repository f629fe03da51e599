import * as z from "zod";
import { CodeToken } from "../../protocol/chat.ts";

/** What the thread is given when it starts. */
export const WorkerStart = z.object({
  grammars: z.array(z.object({ scopeName: z.string(), path: z.string(), injectTo: z.array(z.string()) })),
  theme: z.object({ path: z.string(), kind: z.string() }),
  /** The person's own rules, above those of the theme. */
  rules: z.array(z.unknown()),
});
export type WorkerStart = z.infer<typeof WorkerStart>;

export const CodeQuestion = z.object({ id: z.number(), scope: z.string(), text: z.string() });

export const CodeAnswer = z.object({ id: z.number(), lines: z.array(z.array(CodeToken)).optional(), fault: z.string().optional() });
export type CodeAnswer = z.infer<typeof CodeAnswer>;
