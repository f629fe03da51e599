import { LlmError } from "./llmError.ts";

/** How long a model may be silent. */
export interface Deadlines {
  readonly firstByteMs: number;
  readonly idleMs: number;
}

/** reliability.md LF-08: long enough for a model that thinks, short enough that a person does not wonder. */
const defaults: Deadlines = { firstByteMs: 60_000, idleMs: 90_000 };

/** Begins a request; `alive` is to be called at every sign of life, such as a byte that carries no chunk. */
export type OpenChunks<Chunk> = (signal: AbortSignal, alive: () => void) => Promise<AsyncIterable<Chunk>>;

/**
 * The chunks of `open`, until nothing is heard for too long: then the request is aborted and an LLMTimeoutError is thrown.
 * Aborting `signal` ends the request too; leaving the loop ends the chunks, which end theirs.
 */
export async function* withDeadlines<Chunk>(
  open: OpenChunks<Chunk>,
  signal: AbortSignal,
  { firstByteMs, idleMs }: Deadlines = defaults,
): AsyncGenerator<Chunk> {
  const silence = new AbortController();
  const giveUpAfter = (ms: number): NodeJS.Timeout =>
    setTimeout(() => silence.abort(new LlmError("LLMTimeoutError", `The model sent nothing for ${Math.round(ms / 1000)} seconds.`)), ms);
  let timer = giveUpAfter(firstByteMs);
  const alive = (): void => {
    clearTimeout(timer);
    timer = giveUpAfter(idleMs);
  };
  try {
    yield* await open(AbortSignal.any([signal, silence.signal]), alive);
    // Because an answer that is aborted when it is complete ends well.
    signal.throwIfAborted();
    silence.signal.throwIfAborted();
  } catch (error) {
    signal.throwIfAborted();
    silence.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
