/** What a terminal has to do without, in sentences for the person and the model. */
export class Notices {
  readonly #sentences = new Set<string>();
  readonly #sources: (() => string | undefined)[] = [];
  #taken = 0;

  add(sentence: string): void {
    this.#sentences.add(sentence);
  }

  /** `source` is asked with each answer, and gives what has happened since it was asked last. */
  watch(source: () => string | undefined): void {
    this.#sources.push(source);
  }

  /** All of them; undefined when there is none. */
  all(): string | undefined {
    return join([...this.#sentences]);
  }

  /** Those that were not taken before. */
  take(): string | undefined {
    const fresh = [...this.#sentences].slice(this.#taken);
    this.#taken = this.#sentences.size;
    return join([...fresh, ...this.#sources.flatMap((source) => source() ?? [])]);
  }
}

function join(sentences: readonly string[]): string | undefined {
  return sentences.length === 0 ? undefined : sentences.join(" ");
}
