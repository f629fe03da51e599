// Models that play a script inside the test's own process.
import type { Llm, LlmChunk, LlmReply, LlmRequest } from "../../src/llm/llm.ts";
import type { TokenUsage } from "../../src/protocol/metrics.ts";

/** A place where a script waits until the test lets it go on. */
export interface Gate {
  /** Resolves when the script stands at the gate. */
  readonly reached: Promise<void>;
  readonly release: () => void;
  /** For the script: resolves when released, rejects with the reason when aborted. */
  readonly pass: (signal?: AbortSignal) => Promise<void>;
}

export function gate(): Gate {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const pass = async (signal?: AbortSignal): Promise<void> => {
    reached.resolve();
    signal?.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await Promise.race([released.promise, aborted.promise]);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  };
  return { reached: reached.promise, release: released.resolve, pass };
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export interface ScriptCall {
  readonly id?: string;
  readonly name: string;
  /** JSON text, or what becomes it. */
  readonly arguments: string | Readonly<Record<string, unknown>>;
}

/** One reply of the script; an Error is thrown instead. */
export interface Turn {
  readonly id?: string;
  readonly text?: string;
  readonly reasoning?: string;
  readonly calls?: readonly ScriptCall[];
  readonly isComplete?: boolean;
  readonly usage?: TokenUsage;
  readonly costUsd?: number;
  /** Stops after the texts, before the reply is whole. */
  readonly gate?: Gate;
}

export const say = (text: string): Turn => ({ text });
export const bash = (command: string): ScriptCall => ({ name: "terminal", arguments: { command } });
export const edit = (command: string, path: string, rest: object = {}): ScriptCall => ({
  name: "file_editor",
  arguments: { command, path, ...rest },
});
export const finish = (message: string): ScriptCall => ({ name: "finish", arguments: { message } });
export const call = (...calls: ScriptCall[]): Turn => ({ calls });

export interface PlayedLlm extends Llm {
  /** What was asked, in order. */
  readonly requests: LlmRequest[];
}

/** A model whose n-th call is answered by the n-th turn, whatever it is asked; past the end it fails the run. */
export function playedLlm(turns: readonly (Turn | Error)[]): PlayedLlm {
  const requests: LlmRequest[] = [];

  async function* stream(request: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmChunk> {
    signal.throwIfAborted();
    const index = requests.push(structuredClone(request)) - 1;
    const turn = turns[index] ?? new Error(`The script has no turn ${index}.`);
    if (turn instanceof Error) throw turn;
    if (turn.reasoning) yield { type: "reasoning", text: turn.reasoning };
    if (turn.text) yield { type: "text", text: turn.text };
    await turn.gate?.pass(signal);
    yield { type: "reply", reply: toReply(turn, index) };
  }
  return { model: "played", isDemo: false, hasPrice: true, requests, stream };
}

function toReply(turn: Turn, index: number): LlmReply {
  return {
    id: turn.id ?? `reply-${index}`,
    text: turn.text ?? "",
    reasoning: turn.reasoning ?? "",
    toolCalls: (turn.calls ?? []).map((made, position) => ({
      id: made.id ?? `call_${index}_${position}`,
      name: made.name,
      arguments: typeof made.arguments === "string" ? made.arguments : JSON.stringify(made.arguments),
      origin: "completion",
    })),
    isComplete: turn.isComplete ?? true,
    ...(turn.usage ? { usage: turn.usage } : {}),
    ...(turn.costUsd === undefined ? {} : { costUsd: turn.costUsd }),
  };
}
