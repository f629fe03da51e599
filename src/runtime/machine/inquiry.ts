/** How long an answer may take before the question is asked again: an interrupt may have taken it away. */
const firstPauseMs = 50;
const longestPauseMs = 1000;
/** A shell that reads no line for so long does not read any more. */
const patienceMs = 10_000;

/**
 * Learns when a shell reads lines again, and has read or lost all that was sent to it before: by a question that only a shell at its
 * prompt answers. Keys and signals keep their order, so that nothing which came before a question has an effect after its answer.
 */
export class Inquiry {
  readonly #ask: (question: number, attempt: number) => void;
  #last = 0;
  #answered = 0;
  #onAnswer: (() => void) | undefined;

  constructor(ask: (question: number, attempt: number) => void) {
    this.#ask = ask;
  }

  /** Whether a question may still reach the shell. */
  get isOpen(): boolean {
    return this.#answered !== this.#last;
  }

  /** Whether it answers the last question; then all the others are answered or lost. */
  answer(question: number): boolean {
    this.#answered = question;
    if (question !== this.#last) return false;
    this.#onAnswer?.();
    return true;
  }

  /** Asks until the last question is answered. False when the shell never answers, or `signal` is aborted. */
  async untilAnswered(signal: AbortSignal): Promise<boolean> {
    const deadline = performance.now() + patienceMs;
    let pauseMs = firstPauseMs;
    for (let attempt = 0; performance.now() < deadline && !signal.aborted; attempt++) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const stop = (): void => resolve(false);
      const timer = setTimeout(stop, pauseMs);
      signal.addEventListener("abort", stop);
      this.#onAnswer = () => resolve(true);
      this.#ask(++this.#last, attempt);
      const isAnswered = await promise;
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      if (isAnswered) return true;
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    }
    return false;
  }
}
