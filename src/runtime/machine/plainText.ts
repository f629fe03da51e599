/** Only the last part of a very long line can still be changed by `\r` and `\b`. */
const editableChars = 4096;
/** An operating system command or device control string longer than this is dropped as it comes. */
const longestSequence = 64;

type Mode = "text" | "escape" | "intermediate" | "csi" | "string" | "stringEscape";

/** Characters that mean something to a terminal; the others are text. `\r\n` has become `\n` before. */
const control = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/**
 * Turns terminal text into plain text as it comes: escape sequences and control characters are taken out, `\r`, `\b` and
 * the cursor movements within a line do to the line what they do on a screen, and lines end with `\n`.
 *
 * Lines go to `sink` when they are finished. Memory is bounded whatever comes.
 */
export class PlainText {
  readonly #sink: (text: string) => void;
  #mode: Mode = "text";
  #parameters = "";
  #heldReturn = false;
  #line = "";
  #column = 0;
  /** What of the line was already told by `flush`. */
  #told = "";

  constructor(sink: (text: string) => void) {
    this.#sink = sink;
  }

  push(chunk: string): void {
    let text = this.#heldReturn ? `\r${chunk}` : chunk;
    this.#heldReturn = text.endsWith("\r");
    if (this.#heldReturn) text = text.slice(0, -1);
    text = text.replaceAll("\r\n", "\n");
    let at = 0;
    while (at < text.length) {
      if (this.#mode !== "text") {
        at = this.#sequence(text, at);
        continue;
      }
      control.lastIndex = at;
      const next = control.exec(text)?.index ?? text.length;
      if (next > at) this.#write(text.slice(at, next));
      if (next < text.length) this.#control(text.charCodeAt(next));
      at = next + 1;
    }
  }

  /** Gives the unfinished line to `sink`, as far as it was not given before. */
  flush(): void {
    this.#tell(this.#line);
    this.#told = this.#line;
  }

  #write(text: string): void {
    const lastBreak = text.lastIndexOf("\n");
    if (lastBreak === -1) return this.#put(text);
    const firstBreak = text.indexOf("\n");
    this.#put(text.slice(0, firstBreak));
    this.#tell(`${this.#line}\n`);
    if (lastBreak > firstBreak) this.#sink(text.slice(firstBreak + 1, lastBreak + 1));
    this.#line = text.slice(lastBreak + 1);
    this.#column = this.#line.length;
    this.#boundLine();
  }

  /** Writes text without a line break at the cursor, over what is there. */
  #put(text: string): void {
    if (this.#column === this.#line.length) {
      this.#line += text;
    } else {
      let end = this.#column;
      for (const _ of text) end += widthAt(this.#line, end);
      this.#line = this.#line.slice(0, this.#column) + text + this.#line.slice(end);
    }
    this.#column += text.length;
    this.#boundLine();
  }

  #boundLine(): void {
    if (this.#line.length <= 4 * editableChars || this.#column < this.#line.length - editableChars) return;
    let cut = this.#line.length - editableChars;
    if (isLowSurrogate(this.#line, cut)) cut--;
    this.#tell(this.#line.slice(0, cut));
    this.#line = this.#line.slice(cut);
    this.#column -= cut;
  }

  #tell(text: string): void {
    this.#sink(text.startsWith(this.#told) ? text.slice(this.#told.length) : text);
    this.#told = "";
  }

  #control(code: number): void {
    if (code === 0x1b) this.#mode = "escape";
    else if (code === 0x0d) this.#column = 0;
    else if (code === 0x08) this.#column = before(this.#line, this.#column);
    else if (code >= 0x80) {
      // Because these are ESC and a character between @ and _ in one.
      this.#mode = modeAfterEscape(code - 0x40);
      this.#parameters = "";
    }
  }

  /** Reads on in an escape sequence; gives the place after what was read. */
  #sequence(text: string, at: number): number {
    const code = text.charCodeAt(at);
    switch (this.#mode) {
      case "text":
        return at;
      case "escape":
      case "intermediate":
        return this.#escape(code, at);
      case "csi":
        return this.#csi(code, at);
      case "string":
        return this.#string(text, at);
      case "stringEscape":
        // Because ESC \ ends a string, and ESC with anything else ends it too and begins a sequence of its own.
        this.#mode = code === 0x5c ? "text" : "escape";
        return code === 0x5c ? at + 1 : at;
    }
  }

  #escape(code: number, at: number): number {
    const isControl = code < 0x20 && code !== 0x1b;
    if (isControl) this.#mode = "text";
    else if (this.#mode === "escape") this.#mode = modeAfterEscape(code);
    else if (code >= 0x30 || code === 0x1b) this.#mode = code === 0x1b ? "escape" : "text";
    this.#parameters = "";
    // A control character inside a sequence breaks it off, and does what it always does.
    return isControl ? at : at + 1;
  }

  #csi(code: number, at: number): number {
    if (code === 0x1b) this.#mode = "escape";
    else if (code < 0x20) this.#mode = "text";
    else if (code < 0x40) {
      if (this.#parameters.length < longestSequence) this.#parameters += String.fromCharCode(code);
    } else {
      this.#mode = "text";
      this.#edit(String.fromCharCode(code));
    }
    return code < 0x20 && code !== 0x1b ? at : at + 1;
  }

  #string(text: string, at: number): number {
    const end = text.slice(at).search(/[\x07\x0a\x18\x1a\x1b\x9c]/);
    if (end === -1) return text.length;
    const code = text.charCodeAt(at + end);
    this.#mode = code === 0x1b ? "stringEscape" : "text";
    // A line break ends it too: in binary output a string may begin that never ends, and would swallow all that follows.
    return code === 0x0a ? at + end : at + end + 1;
  }

  /** The cursor movements and erasures that stay in the line. */
  #edit(final: string): void {
    const count = Number.parseInt(this.#parameters, 10) || 0;
    if (final === "K" && count === 0) this.#line = this.#line.slice(0, this.#column);
    else if (final === "K") this.#erase(count === 1 ? Math.min(this.#column + 1, this.#line.length) : this.#line.length);
    else if (final === "G") this.#moveTo(Math.max(count, 1) - 1);
    else if (final === "C") this.#moveTo(this.#column + Math.max(count, 1));
    else if (final === "D")
      for (let step = Math.max(count, 1); step > 0 && this.#column > 0; step--) this.#column = before(this.#line, this.#column);
  }

  #erase(upTo: number): void {
    this.#line = " ".repeat(upTo) + this.#line.slice(upTo);
    if (upTo === this.#line.length) this.#line = " ".repeat(this.#column);
  }

  #moveTo(column: number): void {
    this.#column = Math.min(column, editableChars);
    if (this.#column > this.#line.length) this.#line = this.#line.padEnd(this.#column);
    if (isLowSurrogate(this.#line, this.#column)) this.#column--;
  }
}

function modeAfterEscape(code: number): Mode {
  if (code === 0x1b) return "escape";
  if (code === 0x5b) return "csi";
  // OSC, DCS, SOS, PM and APC carry a string.
  if (code === 0x5d || code === 0x50 || code === 0x58 || code === 0x5e || code === 0x5f) return "string";
  return code >= 0x20 && code < 0x30 ? "intermediate" : "text";
}

function before(line: string, column: number): number {
  return Math.max(0, isLowSurrogate(line, column - 1) ? column - 2 : column - 1);
}

function widthAt(line: string, at: number): number {
  if (at >= line.length) return 0;
  return isLowSurrogate(line, at + 1) ? 2 : 1;
}

function isLowSurrogate(line: string, at: number): boolean {
  const code = line.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff;
}

/** A whole terminal text as plain text. */
export function toPlainText(text: string): string {
  const parts: string[] = [];
  const plain = new PlainText((part) => parts.push(part));
  plain.push(text);
  plain.flush();
  return parts.join("");
}
