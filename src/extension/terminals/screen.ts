import { withoutBegin } from "../../protocol/terminalText.ts";
import { visibleText } from "../../protocol/visibleText.ts";

/** What a reopened terminal shows of what was before. */
const mostKept = 100_000;
/** So much is drawn at once, and so often: more than a window can show, less than holds it up. */
const mostAtOnce = 64_000;
const frameMs = 16;

/**
 * What a terminal shows, at the pace of a window: of a flood the middle is left out, which nobody would have seen. Keeps the end, for a
 * terminal that is opened again.
 */
export class Screen implements Disposable {
  readonly #kept: string[] = [];
  #keptLength = 0;
  #waiting: string[] = [];
  #waitingLength = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastDrawn = 0;
  #write: ((text: string) => void) | undefined;

  add(text: string): void {
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    if (this.#waitingLength > 4 * mostAtOnce) this.#waiting = [withoutBegin(this.#waiting.join(""), mostAtOnce)];
    if (this.#waiting.length === 1) this.#waitingLength = this.#waiting[0]?.length ?? 0;
    if (this.#timer !== undefined) return;
    const wait = this.#lastDrawn + frameMs - performance.now();
    if (wait <= 0) this.#draw();
    else this.#timer = setTimeout(() => this.#draw(), wait);
  }

  /** Draws by `write` from now on, first what was shown last. */
  showOn(write: (text: string) => void): void {
    this.#draw();
    const before = this.#kept.join("");
    if (before !== "") write(this.#keptLength < mostKept ? before : before.slice(before.indexOf("\n") + 1));
    this.#write = write;
  }

  hide(): void {
    this.#write = undefined;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#write = undefined;
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const text = withoutBegin(this.#waiting.join(""), mostAtOnce);
    [this.#waiting, this.#waitingLength, this.#lastDrawn] = [[], 0, performance.now()];
    this.#keep(text);
    this.#write?.(text);
  }

  #keep(text: string): void {
    this.#kept.push(text);
    this.#keptLength += text.length;
    while (this.#keptLength - (this.#kept[0]?.length ?? 0) >= mostKept) this.#keptLength -= this.#kept.shift()?.length ?? 0;
  }
}

/** How a terminal says of itself what no program in it has said; on a line of its own, out of the colours of what was before. */
export function lastLine(sentence: string): string {
  return `\x1b[0m\x1b[?1049l\x1b[7m ${visibleText(sentence)} \x1b[0m`;
}
