import type { EventDraft } from "../conversation/conversation.ts";
import type { Action } from "../protocol/actions.ts";
import { changesTexts, maskTexts } from "./maskTexts.ts";

const hidden = "<secret-hidden>";
/** A line of a secret of several lines that is shorter than this is not worth hiding by itself. */
const longLine = 16;

/**
 * The secrets of one open conversation (agent-server protocol §6.7). Their values are held in memory only. They are hidden as they are, in
 * base64, hex, URL and JSON form, and each long line of one that has several.
 */
export class Secrets {
  readonly #values = new Map<string, string>();
  /** Without a name, so that nothing is given them. */
  readonly #nameless = new Set<string>();
  /** The longest first, so that a form that contains another is hidden whole. */
  #forms: readonly string[] = [];

  get names(): string[] {
    return [...this.#values.keys()];
  }

  /** Throws an Error whose sentence names the secret that cannot be one; none of them is set then. */
  set(secrets: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(secrets)) checkSecret(name, value);
    for (const [name, value] of Object.entries(secrets)) this.#values.set(name, value);
    this.#remember();
  }

  /** Texts that are hidden like the others, and that no command is given. What is too short or too long to be one is left out. */
  hide(texts: readonly string[]): void {
    const fresh = texts.filter((text) => text.length >= shortest && text.length <= longestSecret && !this.#nameless.has(text));
    if (fresh.length === 0) return;
    for (const text of fresh) this.#nameless.add(text);
    this.#remember();
  }

  #remember(): void {
    // What is hidden already stays as it is, also when a secret is a part of these words.
    const forms = new Set([hidden, ...[...this.#values.values(), ...this.#nameless].flatMap(formsOf)]);
    this.#forms = [...forms].toSorted((a, b) => b.length - a.length);
  }

  /** The secrets whose names occur in a command, in any case: what it gets as environment variables. */
  namedIn(command: string): Record<string, string> {
    const text = command.toLowerCase();
    return Object.fromEntries([...this.#values].filter(([name]) => text.includes(name.toLowerCase())));
  }

  areIn(action: Action): boolean {
    return this.#forms.length > 0 && changesTexts(action, (text) => this.mask(text));
  }

  mask(text: string): string {
    let masked = "";
    let from = 0;
    for (let found = this.#next(text, from); found !== undefined; found = this.#next(text, from)) {
      masked += text.slice(from, found.at) + hidden;
      from = found.at + found.length;
    }
    return from === 0 ? text : masked + text.slice(from);
  }

  /** The draft with every text in it masked. */
  maskDraft(draft: EventDraft): EventDraft {
    return this.#forms.length === 0 ? draft : maskTexts(draft, (text) => this.mask(text));
  }

  /** Masks a text that comes in pieces, wherever they are cut. `end` gives what was held back. */
  stream(): SecretStream {
    let held = "";
    return {
      push: (text) => {
        const masked = this.mask(held + text);
        const keep = this.#beginOfForm(masked);
        held = masked.slice(keep);
        return masked.slice(0, keep);
      },
      end: () => {
        const rest = held;
        held = "";
        return rest;
      },
    };
  }

  /** The first form in `text` from index `from` on. */
  #next(text: string, from: number): { readonly at: number; readonly length: number } | undefined {
    let first: { at: number; length: number } | undefined;
    for (const form of this.#forms) {
      const at = text.indexOf(form, from);
      if (at !== -1 && (first === undefined || at < first.at)) first = { at, length: form.length };
    }
    return first;
  }

  /** Where the longest end of `text` begins that could still become a secret. */
  #beginOfForm(text: string): number {
    const longest = this.#forms[0]?.length ?? 0;
    for (let at = Math.max(0, text.length - longest + 1); at < text.length; at++)
      if (this.#forms.some((form) => form[0] === text[at] && form.startsWith(text.slice(at)))) return at;
    return text.length;
  }
}

export interface SecretStream {
  push(text: string): string;
  end(): string;
}

const shortest = 4;
const longestSecret = 16_384;

/** Names that would change what a command is or does, and not only what it knows. */
const notForSecrets =
  /^(PATH|HOME|SHELL|IFS|PWD|TERM|ENV|BASH_ENV|PROMPT_COMMAND|PS\d|LD_.*|DYLD_.*|NODE_OPTIONS|PYTHON(PATH|STARTUP)|PERL5(LIB|OPT)|RUBYOPT|GIT_.*)$/i;

function checkSecret(name: string, value: string): void {
  if (notForSecrets.test(name)) throw new Error(`${name} is no name for a secret: it would change how commands run. Nothing was set.`);
  if (value.length < shortest)
    throw new Error(`The secret ${name} has fewer than ${shortest} characters; hiding it would hide ordinary words. Nothing was set.`);
  if (value.length > longestSecret)
    throw new Error(`The secret ${name} has more than ${longestSecret} characters. Put it into a file instead. Nothing was set.`);
  if (value.includes("\0")) throw new Error(`The secret ${name} holds a NUL character, which no environment takes. Nothing was set.`);
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const hex = bytes.toString("hex");
  const lines = value.split(/\r?\n/);
  const forms = [
    value,
    lines.join("\r\n"),
    ...(lines.length > 1 ? lines.filter((line) => line.trim().length >= longLine) : []),
    ...base64Forms(bytes),
    hex,
    hex.toUpperCase(),
    encodeURIComponent(value.toWellFormed()),
    JSON.stringify(value).slice(1, -1),
  ];
  return forms.filter((form) => form !== "");
}

const shortestPart = 8;

/** Also in the middle of something longer, such as `user:password`: what of the encoding does not depend on its neighbours. */
function base64Forms(bytes: Buffer): string[] {
  const parts = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const end = (shift + bytes.length) % 3 === 0 ? text.length : text.length - 1;
    return text.slice(shift === 0 ? 0 : shift + 1, end);
  });
  const forms = [bytes.toString("base64"), ...parts.filter((part) => part.length >= shortestPart)];
  return forms.flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")]);
}
