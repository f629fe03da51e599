/** What is kept of a long text: its begin and its end, in bytes of UTF-8. */
export interface TextLimits {
  readonly headBytes: number;
  readonly tailBytes: number;
}

export const terminalLimits: TextLimits = { headBytes: 20_000, tailBytes: 80_000 };

/** Pieces smaller than this are joined, so that a million short lines are not a million pieces. */
const smallChunk = 4096;

/** Keeps the begin and the end of a text that may be endless; memory stays within the limits. */
export class HeadTail {
  readonly #limits: TextLimits;
  #head = "";
  #headBytes = 0;
  #isHeadFull = false;
  #tail: { text: string; bytes: number }[] = [];
  #tailBytes = 0;
  #omittedBytes = 0;

  constructor(limits: TextLimits = terminalLimits) {
    this.#limits = limits;
  }

  append(text: string): void {
    if (text === "") return;
    if (this.#isHeadFull) return this.#appendToTail(text, Buffer.byteLength(text));
    const bytes = Buffer.byteLength(text);
    if (this.#headBytes + bytes <= this.#limits.headBytes) {
      this.#head += text;
      this.#headBytes += bytes;
      return;
    }
    const whole = Buffer.from(text);
    const cut = characterStart(whole, this.#limits.headBytes - this.#headBytes);
    this.#head += whole.toString("utf8", 0, cut);
    this.#isHeadFull = true;
    this.#appendToTail(whole.toString("utf8", cut), bytes - cut);
  }

  /** What was kept since the last call, with a line that says how much is missing where it is missing. */
  take(): { readonly text: string; readonly omittedBytes: number } {
    let end = this.#tail.map((chunk) => chunk.text).join("");
    if (this.#tailBytes > this.#limits.tailBytes) {
      const whole = Buffer.from(end);
      const cut = nextCharacterStart(whole, whole.length - this.#limits.tailBytes);
      end = whole.toString("utf8", cut);
      this.#omittedBytes += cut;
    }
    const omittedBytes = this.#omittedBytes;
    const text = omittedBytes === 0 ? this.#head + end : `${this.#head}\n[… ${omittedBytes} bytes left out …]\n${end}`;
    this.#head = "";
    this.#headBytes = 0;
    this.#isHeadFull = false;
    this.#tail = [];
    this.#tailBytes = 0;
    this.#omittedBytes = 0;
    return { text, omittedBytes };
  }

  #appendToTail(text: string, bytes: number): void {
    const last = this.#tail.at(-1);
    if (last !== undefined && last.bytes + bytes <= smallChunk) {
      last.text += text;
      last.bytes += bytes;
    } else {
      this.#tail.push({ text, bytes });
    }
    this.#tailBytes += bytes;
    for (let first = this.#tail[0]; first !== undefined && this.#tailBytes - first.bytes >= this.#limits.tailBytes; first = this.#tail[0]) {
      this.#tail.shift();
      this.#tailBytes -= first.bytes;
      this.#omittedBytes += first.bytes;
    }
  }
}

/** The last begin of a character at or before `at`. */
export function characterStart(bytes: Buffer, at: number): number {
  let start = at;
  while (start > 0 && isContinuation(bytes[start])) start--;
  return start;
}

function nextCharacterStart(bytes: Buffer, at: number): number {
  let start = at;
  while (start < bytes.length && isContinuation(bytes[start])) start++;
  return start;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
