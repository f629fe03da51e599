import type { ShellProcess } from "./shellProcess.ts";

/** When somebody who watches the output can take more of it; undefined: at once. */
export type Ready = Promise<void> | undefined;

/** How long a watcher may hold the output back. */
const longestMs = 100;

/**
 * Leaves the output in the terminal, where the program waits with it, while a watcher has too much. One who is late once is not waited for
 * until they have caught up: they may slow a program, but never stop it.
 */
export class Holdback {
  readonly #process: ShellProcess;
  #isHolding = false;
  #isLate = false;
  #isEnded = false;

  constructor(process: ShellProcess) {
    this.#process = process;
  }

  until(ready: Ready): void {
    if (ready === undefined || this.#isHolding || this.#isLate || this.#isEnded) return;
    this.#isHolding = true;
    this.#process.pause();
    const goOn = (): void => {
      clearTimeout(timer);
      this.#isLate = false;
      this.#resume();
    };
    const timer = setTimeout(() => {
      this.#isLate = true;
      this.#resume();
    }, longestMs);
    ready.then(goOn, goOn);
  }

  /** Nothing is held back until `begin`, because the command is to end now. */
  end(): void {
    this.#isEnded = true;
    this.#resume();
  }

  begin(): void {
    this.#isEnded = false;
  }

  #resume(): void {
    if (!this.#isHolding) return;
    this.#isHolding = false;
    this.#process.resume();
  }
}
