import type { LlmReply, LlmRequest } from "../llm/llm.ts";
import type { Agent } from "./agent.ts";
import type { SecretStream } from "./secrets.ts";

/** What the model has said so far of a reply. */
export interface Heard {
  text: string;
  reasoning: string;
}

type Shown = Readonly<Record<"text" | "reasoning", SecretStream>>;

/**
 * The model's reply to `request`; what comes of it before its end is told, and is in `heard` when this throws. What a further try says stands in
 * the place of what the one before had said.
 */
export async function ask(
  { llm, emit, secrets }: Pick<Agent, "llm" | "emit" | "secrets">,
  request: LlmRequest,
  signal: AbortSignal,
  heard: Heard = { text: "", reasoning: "" },
): Promise<LlmReply> {
  const begin = (): Shown => ({ text: secrets.stream(), reasoning: secrets.stream() });
  let shown = begin();
  let isVoid = false;
  const askedAt = performance.now();
  for await (const chunk of llm.stream(request, signal)) {
    if (chunk.type === "reply") return { ...chunk.reply, latencyMs: Math.round(performance.now() - askedAt) };
    if (chunk.type === "waiting") {
      isVoid = true;
      emit({ type: "llm.waiting", reason: chunk.reason, retryInMs: chunk.retryInMs });
      continue;
    }
    if (isVoid) {
      heard.text = heard.reasoning = "";
      shown = begin();
      isVoid = false;
    }
    heard[chunk.type] += chunk.text;
    const text = shown[chunk.type].push(chunk.text);
    emit(chunk.type === "text" ? { type: "delta", content: text } : { type: "delta", reasoning_content: text });
  }
  throw new Error("The model's stream ended without a reply.");
}
