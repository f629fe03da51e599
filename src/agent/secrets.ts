import type { EventDraft } from "../conversation/conversation.ts";

const hidden = "<secret-hidden>";
/** A line of a secret of several lines that is shorter than this is not worth hiding by itself. */
const longLine = 16;

/**
 * The secrets of one open conversation (agent-server protocol §6.7). Their values are held in memory only. They are hidden as they are, in
 * base64, hex, URL and JSON form, and each long line of one that has several.
 */
export class Secrets {
  readonly #values = new Map<string, string>();
  #forms: readonly string[] = [];
  #pattern: RegExp | undefined;

  get names(): string[] {
    return [...this.#values.keys()];
  }

  set(secrets: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(secrets)) this.#values.set(name, value);
    const forms = new Set([...this.#values.values()].flatMap(formsOf));
    // The longest first, so that a form that contains another is hidden whole.
    this.#forms = [...forms].toSorted((a, b) => b.length - a.length);
    this.#pattern = this.#forms.length === 0 ? undefined : new RegExp(this.#forms.map((form) => escaped(form)).join("|"), "g");
  }

  /** The secrets whose names occur in a command, in any case: what it gets as environment variables. */
  namedIn(command: string): Record<string, string> {
    const text = command.toLowerCase();
    return Object.fromEntries([...this.#values].filter(([name]) => text.includes(name.toLowerCase())));
  }

  mask(text: string): string {
    return this.#pattern === undefined ? text : text.replace(this.#pattern, hidden);
  }

  /** The draft with every text in it masked. */
  maskDraft(draft: EventDraft): EventDraft {
    if (this.#pattern === undefined) return draft;
    const masked = structuredClone(draft);
    this.#maskTexts(masked);
    return masked;
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

  #maskTexts(value: object): void {
    for (const [key, item] of Object.entries<unknown>({ ...value })) {
      if (typeof item === "string") Reflect.set(value, key, this.mask(item));
      if (typeof item === "object" && item !== null) this.#maskTexts(item);
    }
  }

  /** Where the longest end of `text` begins that could still become a secret. */
  #beginOfForm(text: string): number {
    const longest = this.#forms[0]?.length ?? 0;
    for (let at = Math.max(0, text.length - longest + 1); at < text.length; at++) {
      const rest = text.slice(at);
      if (this.#forms.some((form) => form.startsWith(rest))) return at;
    }
    return text.length;
  }
}

export interface SecretStream {
  push(text: string): string;
  end(): string;
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

function escaped(form: string): string {
  return form.replaceAll(/[^\w\s]/g, "\\$&");
}
