import { switchesIn } from "../protocol/terminalText.ts";

/** Gives a promise when the client has enough for now; it settles when there is room again. */
export type SendOutput = (text: string) => Promise<void> | undefined;

/** In characters. A client that does not read for long misses what lies between `kept` and `most`, which is said. */
const waiting = { enough: 256 * 1024, kept: 512 * 1024, most: 1024 * 1024 };
/** Small pieces are joined, because a million of them take more room than their text; a large text is never copied. */
const joined = { characters: 16 * 1024, pieces: 256 };

/** Output on its way to a client, in bounded memory. */
export class WaitingOutput {
  /** Oldest first; they go one by one. */
  readonly #pieces: string[] = [];
  /** What comes behind them. */
  #small: string[] = [];
  #smallLength = 0;
  #length = 0;
  /** Of what went lost before what waits now. */
  #leftOut = { characters: 0, switches: "" };
  #hasRoom: PromiseWithResolvers<void> | undefined;

  add(text: string): ReturnType<SendOutput> {
    this.#small.push(text);
    this.#smallLength += text.length;
    this.#length += text.length;
    if (this.#smallLength >= joined.characters || this.#small.length >= joined.pieces) this.#join();
    if (this.#length > waiting.most) this.#leaveOut();
    if (this.#length < waiting.enough) return undefined;
    this.#hasRoom ??= Promise.withResolvers<void>();
    return this.#hasRoom.promise;
  }

  /** What goes next; undefined when nothing waits. */
  take(): string | undefined {
    if (this.#pieces.length === 0) this.#join();
    const piece = this.#pieces.shift();
    if (piece === undefined) return undefined;
    this.#length -= piece.length;
    if (this.#length < waiting.enough) this.#tellRoom();
    return this.#gap() + piece;
  }

  #join(): void {
    if (this.#small.length === 0) return;
    this.#pieces.push(this.#small.join(""));
    [this.#small, this.#smallLength] = [[], 0];
  }

  #tellRoom(): void {
    this.#hasRoom?.resolve();
    this.#hasRoom = undefined;
  }

  /** From what waits longest, up to the end of a line. */
  #leaveOut(): void {
    while (this.#length > waiting.kept) this.#lose(this.#pieces.shift() ?? "");
    const [piece = ""] = this.#pieces;
    const end = piece.indexOf("\n") + 1;
    this.#pieces[0] = piece.slice(end);
    this.#lose(piece.slice(0, end));
  }

  #lose(text: string): void {
    this.#length -= text.length;
    this.#leftOut.characters += text.length;
    this.#leftOut.switches = switchesIn(this.#leftOut.switches + text);
  }

  #gap(): string {
    const { characters, switches } = this.#leftOut;
    if (characters === 0) return "";
    this.#leftOut = { characters: 0, switches: "" };
    return `${switches}\r\n[… ${characters} characters left out: they came faster than they were read …]\r\n`;
  }
}
