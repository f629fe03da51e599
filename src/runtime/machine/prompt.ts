/** How long a prompt may be late before it is not waited for any more (a command may have broken it). */
const promptMs = 250;
/** And when only its last piece is missing (`exec 2>/dev/null` hides prompts). */
const lastPieceMs = 30;

/** Whether a shell stands at its prompt, and a way to wait until it does. */
export class Prompt {
  #isThere = false;
  #isDue = false;
  readonly #waiting = new Set<() => void>();

  get isThere(): boolean {
    return this.#isThere;
  }

  /** It has been written. */
  appeared(): void {
    this.#isThere = true;
    this.giveUp();
  }

  /** The shell is about to write it, or (false) has ended a command in a way that says nothing about it. */
  announced(isDue: boolean): void {
    this.#isDue = isDue;
    if (isDue) for (const resolve of this.#waiting) setTimeout(resolve, lastPieceMs);
  }

  left(): void {
    this.#isThere = false;
  }

  /** No wait for it is of use any more. */
  giveUp(): void {
    for (const resolve of this.#waiting) resolve();
  }

  /** Resolves when it stands there, or does not come. */
  async appears(timeoutMs = this.#isDue ? lastPieceMs : promptMs): Promise<void> {
    if (this.#isThere) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    this.#waiting.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }
}
