import { type Signal, signal } from "@preact/signals";
import type { CodeToken } from "../protocol/chat.ts";
import { Answers } from "./answers.ts";
import type { HostChannel } from "./vscodeApi.ts";

/** The colours of a block of code, by line. */
export type ColouredLines = readonly (readonly CodeToken[])[];

/** As many blocks are remembered. */
const maxBlocks = 200;
/** A longer one stays plain. */
const maxCharacters = 100_000;

/** What colours code has in the person's theme: asked for once, and again when the theme has changed. */
export class CodeColours {
  /** Counts the changes of the theme. */
  readonly themeChanges: Signal<number> = signal(0);
  readonly #answers = new Answers<ColouredLines>();
  readonly #known = new Map<string, Promise<ColouredLines | undefined>>();
  readonly #host: HostChannel;

  constructor(host: HostChannel) {
    this.#host = host;
  }

  /** Undefined when it stays as it is. `language` is what stands behind the fence. */
  of(language: string, text: string): Promise<ColouredLines | undefined> {
    const key = `${language}\n${text}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (language === "" || text.length > maxCharacters) return Promise.resolve(undefined);
    const asked = this.#answers.ask((requestId) => this.#host.post({ type: "code.highlight", requestId, language, text }));
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= maxBlocks) this.#known.delete(oldest);
    this.#known.set(key, asked);
    return asked;
  }

  give(requestId: number, lines: ColouredLines | undefined): void {
    this.#answers.give(requestId, lines);
  }

  /** Nothing that was asked will be answered any more. */
  forget(): void {
    this.#known.clear();
    this.#answers.giveUp();
  }

  changeTheme(): void {
    this.forget();
    this.themeChanges.value++;
  }
}
