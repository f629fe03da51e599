import { setTimeout } from "node:timers/promises";

/**
 * The first value that is neither undefined nor false, asked for again and again. Rejects after `timeoutMs` with a
 * sentence that says what was waited for. For states outside this process that announce themselves by no event.
 */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>, timeoutMs = 45_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}.`);
    await setTimeout(30);
  }
}
