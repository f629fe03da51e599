import type { Llm } from "../../llm/llm.ts";
import { textContent } from "../../protocol/content.ts";

/** What the model says to one question, with no tools and nothing of a conversation. Rejects with an LlmError. */
export async function plainAnswer(
  llm: Llm,
  { system, text }: { readonly system: string; readonly text: string },
  signal: AbortSignal,
): Promise<string> {
  const messages = [{ role: "system", content: system } as const, { role: "user", content: [textContent(text)] } as const];
  for await (const chunk of llm.stream({ messages, tools: [] }, signal)) if (chunk.type === "reply") return chunk.reply.text;
  throw new Error("The model's stream ended without a reply.");
}
