/** One simple command of a command line, as far as it can be told from its text. */
export interface ShellPart {
  /** With quotes taken away; what is only known when it runs stands there as `$…`. */
  readonly words: readonly string[];
  readonly assignments: readonly string[];
  /** The files that it writes to by `>` and the like. */
  readonly writesTo: readonly string[];
  /** Whether it reads what another one writes. */
  readonly isPiped: boolean;
  /** Text of a here-document or here-string for it; empty when there is none. */
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
const reserved = /^(?:if|then|else|elif|fi|do|done|while|until|case|esac|in|\{|\}|!|coproc)$/;
const assignment = /^[A-Za-z_]\w*\+?=/;
/** Nobody writes deeper ones. */
const deepestExpansion = 50;

type Draft = { -readonly [Key in keyof ShellPart]: ShellPart[Key] extends readonly string[] ? string[] : ShellPart[Key] };

const emptyPart = (isPiped: boolean): Draft => ({ words: [], assignments: [], writesTo: [], isPiped, input: "" });

class Reader {
  readonly #text: string;
  #at = 0;
  #part = emptyPart(false);
  #isOdd = false;
  #expects: "word" | "file" | "input" | "text" | "mark" = "word";
  /** Expansions stand in an expansion: what is in them is looked at with the outermost. */
  #depth = 0;
  #isQuotedMark = false;
  readonly #waitingInputs: { readonly mark: string; readonly isQuoted: boolean; readonly part: Draft }[] = [];
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

  /** Only what is expanded in a text that is none of commands. */
  readExpansions(): Pick<ShellText, "nested" | "isOdd"> {
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at];
      if (char === "$" || char === "`") this.#expansion();
      else this.#at += char === "\\" ? 2 : 1;
    }
    return { nested: this.#nested, isOdd: this.#isOdd };
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
    else if (operator === "<<" || operator === "<<-") {
      this.#expects = "mark";
      this.#isQuotedMark = /^[ \t]*[^\s;&|<>()]*['"\\]/.test(this.#text.slice(this.#at, this.#at + 200));
    } else if (operator === "<<<") this.#expects = "text";
    else if (operator.startsWith("<")) this.#expects = "input";
    else {
      this.#expects = "word";
      if (operator === "(" && this.#part.words.length === 1 && this.#text[this.#at] === ")") this.#part.words.unshift("function");
      if (operator === "\n") this.#readInputs();
      this.#part = emptyPart(operator === "|" || operator === "|&");
      this.#parts.push(this.#part);
    }
  }

  #take(word: string): void {
    const expected = this.#expects;
    this.#expects = "word";
    if (expected === "file") this.#part.writesTo.push(...(/^(?:\d|-)$/.test(word) ? [] : [word]));
    else if (expected === "mark") this.#waitingInputs.push({ mark: word, isQuoted: this.#isQuotedMark, part: this.#part });
    else if (expected === "text") this.#part.input += `${word}\n`;
    else if (expected === "input") return;
    // A number right before `>` says what is redirected.
    else if (/^\d$/.test(word) && /[<>]/.test(this.#text[this.#at] ?? "")) return;
    else if (this.#part.words.length > 0) this.#part.words.push(word);
    else if (assignment.test(word)) this.#part.assignments.push(word);
    else if (!reserved.test(word)) this.#part.words.push(word);
  }

  /** The here-documents whose lines come now. */
  #readInputs(): void {
    for (const { mark, isQuoted, part } of this.#waitingInputs.splice(0)) {
      const lines: string[] = [];
      while (this.#at < this.#text.length) {
        const end = this.#end("\n");
        const line = this.#text.slice(this.#at, end);
        this.#at = end + 1;
        if (line.replace(/^\t+/, "") === mark) break;
        lines.push(line);
      }
      const text = lines.join("\n");
      part.input += text;
      if (!isQuoted) this.#takeExpansions(text);
    }
  }

  #takeExpansions(text: string): void {
    const { nested, isOdd } = new Reader(text).readExpansions();
    this.#nested.push(...nested);
    this.#isOdd ||= isOdd;
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
    const rest = this.#text.slice(this.#at, this.#at + 3);
    if (rest.startsWith("`")) return this.#backquoted();
    if (rest.startsWith("$'")) {
      // What it stands for is written in escapes.
      this.#isOdd = true;
      this.#at++;
      return this.#until("'");
    }
    if (rest === "$((") return this.#between("(", ")", (inner) => this.#takeArithmetic(inner));
    if (/^.\(/.test(rest)) return this.#between("(", ")", (inner) => this.#takeCommands(inner));
    if (rest.startsWith("${")) return this.#between("{", "}", (inner) => (this.#isOdd ||= !/^\w+$/.test(inner)));
    this.#at++;
    const name = /^\w+|^[?!@*#$-]/.exec(this.#text.slice(this.#at, this.#at + 100))?.[0] ?? "";
    this.#at += name.length;
    return `$${name}`;
  }

  #backquoted(): string {
    const start = ++this.#at;
    while (this.#at < this.#text.length && this.#text[this.#at] !== "`") this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    this.#takeCommands(this.#text.slice(start, this.#at).replaceAll(/\\([`\\$])/g, "$1"));
    this.#at++;
    return "$…";
  }

  #takeCommands(inner: string): void {
    if (this.#depth === 0) this.#nested.push(inner);
    // Its patterns end with a bracket that none has opened.
    this.#isOdd ||= /(?:^|[\s;(])case\s/.test(inner);
  }

  /** `$((a); b)` is none: its first bracket is not closed by the last one. */
  #takeArithmetic(inner: string): void {
    let depth = 0;
    let closedAt = -1;
    for (let at = 0; at < inner.length && closedAt === -1; at++) {
      depth += inner[at] === "(" ? 1 : inner[at] === ")" ? -1 : 0;
      if (depth === 0) closedAt = at;
    }
    if (closedAt === inner.length - 1) this.#isOdd ||= /[[$`]/.test(inner);
    else this.#takeCommands(inner);
  }

  /** What stands between the brackets that begin behind the next character; brackets in quotes and comments are none. */
  #between(open: string, close: string, take: (inner: string) => unknown): string {
    const start = this.#at + 2;
    const isCommand = open === "(";
    let isOpen = 1;
    this.#at = start;
    this.#isOdd ||= ++this.#depth > deepestExpansion;
    if (this.#depth > deepestExpansion) this.#at = this.#text.length;
    while (this.#at < this.#text.length && isOpen > 0) {
      const char = this.#text[this.#at] ?? "";
      if (char === "'" && isCommand) this.#until("'");
      else if (char === '"') this.#quoted();
      else if (char === "$" || char === "`") this.#expansion();
      else if (char === "#" && isCommand && /[\s;&|(]/.test(this.#text[this.#at - 1] ?? "")) this.#at = this.#end("\n");
      else {
        isOpen += char === open ? 1 : char === close ? -1 : 0;
        this.#at += char === "\\" ? 2 : 1;
      }
    }
    this.#depth--;
    take(this.#text.slice(start, isOpen === 0 ? this.#at - 1 : this.#at));
    return "$…";
  }

  #end(char: string): number {
    const end = this.#text.indexOf(char, this.#at);
    return end === -1 ? this.#text.length : end;
  }
}
