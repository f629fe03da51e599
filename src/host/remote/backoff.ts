import { once } from "node:events";

/** How long is waited before a server is asked again. */
export interface Waits {
  readonly firstMs: number;
  readonly mostMs: number;
}

export const usualWaits: Waits = { firstMs: 1000, mostMs: 30_000 };

/** Waits that double, up to the longest; somebody who cannot wait ends the one that is going. */
export class Backoff {
  readonly #waits: Waits;
  #failures = 0;
  #waking = new AbortController();

  constructor(waits: Waits) {
    this.#waits = waits;
  }

  /** It has worked: the next wait is the first one again. */
  reset(): void {
    this.#failures = 0;
  }

  /** Resolves early when it is woken, or when `signal` aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    const { firstMs, mostMs } = this.#waits;
    const ms = Math.min(mostMs, firstMs * 2 ** this.#failures++);
    this.#waking = new AbortController();
    const ended = AbortSignal.any([signal, this.#waking.signal, AbortSignal.timeout(ms)]);
    if (!ended.aborted) await once(ended, "abort");
  }

  wake(): void {
    this.#waking.abort();
  }
}
