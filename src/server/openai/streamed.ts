import type { Completion } from "../../protocol/agentServer/openai.ts";
import { messageOf } from "../../protocol/thrown.ts";

export interface Streamed {
  readonly model: string;
  readonly withUsage: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly end: Promise<Completion>;
  /** Aborts when the client has gone; the agent works on. */
  readonly signal: AbortSignal;
}

/** A client that hears nothing for long gives up. */
const everyMs = 10_000;

/** Server-sent events: that the assistant begins, a sign of life while the agent works, then its answer as a whole. */
export function streamed({ model, withUsage, headers, end, signal }: Streamed): Response {
  const encoder = new TextEncoder();
  const start = {
    id: `chatcmpl-${crypto.randomUUID().replaceAll("-", "")}`,
    object: "chat.completion.chunk",
    created: Math.floor(Date.now() / 1000),
    model,
  };
  const chunk = (delta: object, finish: "stop" | null) => ({ ...start, choices: [{ index: 0, delta, finish_reason: finish }] });
  const stream = new ReadableStream<Uint8Array>({
    start: async (controller) => {
      const tell = (data: object | string): void =>
        controller.enqueue(encoder.encode(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`));
      const life = setInterval(() => controller.enqueue(encoder.encode(": working\n\n")), everyMs);
      signal.addEventListener("abort", () => clearInterval(life), { once: true });
      tell(chunk({ role: "assistant" }, null));
      try {
        const { choices, usage } = await end;
        if (signal.aborted) return;
        tell(chunk({ content: choices[0]?.message.content ?? "" }, null));
        tell(chunk({}, "stop"));
        if (withUsage) tell({ ...start, choices: [], usage });
        tell("[DONE]");
        controller.close();
      } catch (error) {
        if (signal.aborted) return;
        tell({ error: { message: messageOf(error), type: "server_error", param: null, code: null } });
        controller.close();
      } finally {
        clearInterval(life);
      }
    },
  });
  return new Response(stream, { headers: { "content-type": "text/event-stream", "cache-control": "no-cache", ...headers } });
}
