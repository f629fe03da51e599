/** One simple command of a command line, as far as it can be told from its text. */
export interface ShellPart {
  /** With quotes taken away; what is only known when it runs stands there as `$…`. */
  readonly words: readonly string[];
  readonly assignments: readonly string[];
  /** The files that it writes to by `>` and the like. */
  readonly writesTo: readonly string[];
  /** Whether it reads what another one writes. */
  readonly isPiped: boolean;
  /** Text of a here-document for it; empty when there is none. */
  readonly input: string;
}

export interface ShellText {
  readonly parts: readonly ShellPart[];
  /** Commands inside of it: `$(…)`, backquotes, `<(…)`. */
  readonly nested: readonly string[];
  /** Whether an expansion can hide more than the value of a variable. */
  readonly isOdd: boolean;
}

/**
 * The simple commands of `text`, written for a POSIX shell. It is tolerant: what it does not understand it reads as words, so nothing may be
 * called harmless because of it.
 */
export function shellParts(text: string): ShellText {
  return new Reader(text).read();
}

const blank = /[ \t\r]/;
const operators = [
  "&>>",
  "<<<",
  "<<-",
  "&&",
  "||",
  "|&",
  ";;",
  ">>",
  "<<",
  ">&",
  "<&",
  ">|",
  "&>",
  "<>",
  ";",
  "|",
  "&",
  "(",
  ")",
  "<",
  ">",
  "\n",
];
const redirects = new Set([">", ">>", ">|", "&>", "&>>", ">&", "<>"]);
const reserved = /^(?:if|then|else|elif|fi|do|done|while|until|case|esac|in|\{|\}|!|function|coproc)$/;
const assignment = /^[A-Za-z_]\w*\+?=/;

type Draft = { -readonly [Key in keyof ShellPart]: ShellPart[Key] extends readonly string[] ? string[] : ShellPart[Key] };

const emptyPart = (isPiped: boolean): Draft => ({ words: [], assignments: [], writesTo: [], isPiped, input: "" });

class Reader {
  readonly #text: string;
  #at = 0;
  #part = emptyPart(false);
  #isOdd = false;
  #expects: "word" | "file" | "input" | "mark" = "word";
  readonly #waitingInputs: { readonly mark: string; readonly part: Draft }[] = [];
  readonly #parts: Draft[] = [this.#part];
  readonly #nested: string[] = [];

  constructor(text: string) {
    this.#text = text.replaceAll("\r\n", "\n");
  }

  read(): ShellText {
    while (this.#at < this.#text.length) this.#token();
    const parts = this.#parts.filter(({ words, assignments, writesTo }) => words.length + assignments.length + writesTo.length > 0);
    return { parts, nested: this.#nested, isOdd: this.#isOdd };
  }

  #token(): void {
    const char = this.#text[this.#at] ?? "";
    if (blank.test(char)) this.#at++;
    else if (char === "#") this.#at = this.#end("\n");
    else if (/^[<>]\(/.test(this.#text.slice(this.#at, this.#at + 2))) this.#take(this.#word());
    else {
      const operator = operators.find((one) => this.#text.startsWith(one, this.#at));
      if (operator === undefined) this.#take(this.#word());
      else this.#operate(operator);
    }
  }

  #operate(operator: string): void {
    this.#at += operator.length;
    if (redirects.has(operator)) this.#expects = "file";
    else if (operator === "<<" || operator === "<<-") this.#expects = "mark";
    else if (operator.startsWith("<")) this.#expects = "input";
    else {
      this.#expects = "word";
      if (operator === "\n") this.#readInputs();
      this.#part = emptyPart(operator === "|" || operator === "|&");
      this.#parts.push(this.#part);
    }
  }

  #take(word: string): void {
    const expected = this.#expects;
    this.#expects = "word";
    if (expected === "file") this.#part.writesTo.push(...(/^(?:\d|-)$/.test(word) ? [] : [word]));
    else if (expected === "mark") this.#waitingInputs.push({ mark: word, part: this.#part });
    else if (expected === "input") return;
    // A number right before `>` says what is redirected.
    else if (/^\d$/.test(word) && /[<>]/.test(this.#text[this.#at] ?? "")) return;
    else if (this.#part.words.length > 0) this.#part.words.push(word);
    else if (assignment.test(word)) this.#part.assignments.push(word);
    else if (!reserved.test(word)) this.#part.words.push(word);
  }

  /** The here-documents whose lines come now. */
  #readInputs(): void {
    for (const { mark, part } of this.#waitingInputs.splice(0)) {
      const lines: string[] = [];
      while (this.#at < this.#text.length) {
        const end = this.#end("\n");
        const line = this.#text.slice(this.#at, end);
        this.#at = end + 1;
        if (line.replace(/^\t+/, "") === mark) break;
        lines.push(line);
      }
      part.input += lines.join("\n");
    }
  }

  #word(): string {
    let word = "";
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] ?? "";
      if (char === "'") word += this.#until("'");
      else if (char === '"') word += this.#quoted();
      else if (char === "\\") word += this.#escaped();
      else if (char === "$" || char === "`" || /^[<>]\($/.test(this.#text.slice(this.#at, this.#at + 2))) word += this.#expansion();
      else if (blank.test(char) || /[;&|()<>\n]/.test(char)) break;
      else {
        word += char;
        this.#at++;
      }
    }
    return word;
  }

  #quoted(): string {
    let word = "";
    this.#at++;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') {
      const char = this.#text[this.#at] ?? "";
      if (char === "\\") word += this.#escaped();
      else if (char === "$" || char === "`") word += this.#expansion();
      else {
        word += char;
        this.#at++;
      }
    }
    this.#at++;
    return word;
  }

  #escaped(): string {
    const next = this.#text[this.#at + 1] ?? "";
    this.#at += 2;
    return next === "\n" ? "" : next;
  }

  #until(quote: string): string {
    const end = this.#text.indexOf(quote, this.#at + 1);
    const inner = this.#text.slice(this.#at + 1, end === -1 ? undefined : end);
    this.#at = end === -1 ? this.#text.length : end + 1;
    return inner;
  }

  #expansion(): string {
    if (this.#text[this.#at] === "`") {
      this.#nested.push(this.#until("`"));
      return "$…";
    }
    const rest = this.#text.slice(this.#at, this.#at + 3);
    if (rest.startsWith("$'")) {
      // What it stands for is written in escapes.
      this.#isOdd = true;
      this.#at++;
      return this.#until("'");
    }
    if (rest === "$((") return this.#between("(", ")", (inner) => (this.#isOdd ||= /[[$`]/.test(inner)));
    if (/^.\(/.test(rest)) return this.#between("(", ")", (inner) => this.#nested.push(inner));
    if (rest.startsWith("${")) return this.#between("{", "}", (inner) => (this.#isOdd ||= !/^\w+$/.test(inner)));
    this.#at++;
    const name = /^\w+|^[?!@*#$-]/.exec(this.#text.slice(this.#at, this.#at + 100))?.[0] ?? "";
    this.#at += name.length;
    return `$${name}`;
  }

  /** What stands between the brackets that begin behind the next character. */
  #between(open: string, close: string, take: (inner: string) => unknown): string {
    const start = this.#at + 2;
    let depth = 1;
    let at = start;
    for (; at < this.#text.length && depth > 0; at++) {
      const char = this.#text[at];
      if (char === "\\") at++;
      else if (char === open) depth++;
      else if (char === close) depth--;
    }
    take(this.#text.slice(start, depth === 0 ? at - 1 : at));
    this.#at = at;
    return "$…";
  }

  #end(char: string): number {
    const end = this.#text.indexOf(char, this.#at);
    return end === -1 ? this.#text.length : end;
  }
}
