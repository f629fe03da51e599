import type { ExecutionStatus } from "../../protocol/state.ts";

/** A server that was asked to run begins a moment later; after so long without a sign it is not expected any more. */
const mostBeginMs = 15_000;

/** When a run of a conversation has ended, as far as it can be told from outside. */
export class RunWait {
  #expectedUntil = 0;
  #isEnded = false;
  readonly #waiting = new Set<() => void>();

  /** The server has been asked to run: until it says that it does, the conversation has not settled. */
  expect(): void {
    this.#expectedUntil = performance.now() + mostBeginMs;
    setTimeout(() => this.#look(), mostBeginMs + 1).unref();
  }

  /** It will not run after all. */
  unexpect(): void {
    this.#expectedUntil = 0;
    this.#look();
  }

  hear(status: ExecutionStatus): void {
    if (status !== "idle") this.#expectedUntil = 0;
    this.#look();
  }

  async settled(status: () => ExecutionStatus): Promise<void> {
    while (!this.#isEnded && (status() === "running" || performance.now() < this.#expectedUntil))
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  end(): void {
    this.#isEnded = true;
    this.#look();
  }

  #look(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
