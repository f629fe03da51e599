/** As many questions can be open; the oldest goes without an answer then. */
const maxOpen = 200;

/** Questions to the extension, until their answers come: by number, because they come in any order. */
export class Answers<Answer> {
  readonly #open = new Map<number, (answer: Answer | undefined) => void>();
  #latest = 0;

  /** What comes back for the number that `post` is given; undefined when nobody will answer any more. */
  ask(post: (requestId: number) => void): Promise<Answer | undefined> {
    const requestId = ++this.#latest;
    const [oldest] = this.#open.keys();
    if (oldest !== undefined && this.#open.size >= maxOpen) this.give(oldest, undefined);
    return new Promise((resolve) => {
      this.#open.set(requestId, resolve);
      post(requestId);
    });
  }

  give(requestId: number, answer: Answer | undefined): void {
    this.#open.get(requestId)?.(answer);
    this.#open.delete(requestId);
  }

  /** All that wait go without an answer. */
  giveUp(): void {
    for (const requestId of [...this.#open.keys()]) this.give(requestId, undefined);
  }
}
