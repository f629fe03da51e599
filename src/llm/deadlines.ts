import { LlmError } from "./llmError.ts";

/** How long a model may be silent. */
export interface Deadlines {
  readonly firstByteMs: number;
  readonly idleMs: number;
}

/** reliability.md LF-08: long enough for a model that thinks, short enough that a person does not wonder. */
const defaults: Deadlines = { firstByteMs: 60_000, idleMs: 90_000 };

/**
 * The chunks of `open`, until it is silent for too long: then the request is aborted and an LLMTimeoutError is thrown.
 * Aborting `signal`, or leaving the loop, ends the request too.
 */
export async function* withDeadlines<Chunk>(
  open: (signal: AbortSignal) => Promise<AsyncIterable<Chunk>>,
  signal: AbortSignal,
  { firstByteMs, idleMs }: Deadlines = defaults,
): AsyncGenerator<Chunk> {
  const silence = new AbortController();
  const giveUp = (ms: number) => () => silence.abort(new LlmError("LLMTimeoutError", `The model sent nothing for ${Math.round(ms / 1000)} seconds.`));
  let timer = setTimeout(giveUp(firstByteMs), firstByteMs);
  try {
    const chunks = await open(AbortSignal.any([signal, silence.signal]));
    for await (const chunk of chunks) {
      clearTimeout(timer);
      timer = setTimeout(giveUp(idleMs), idleMs);
      yield chunk;
    }
  } catch (error) {
    signal.throwIfAborted();
    silence.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
  signal.throwIfAborted();
}
