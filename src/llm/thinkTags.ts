/** A piece of an answer, told apart. */
export interface Split {
  readonly reasoning: string;
  readonly text: string;
}

const open = "<think>";
const close = "</think>";

/**
 * Tells thinking from answer where a server leaves both in one text: local models begin with `<think>`. Only at the very beginning;
 * a tag may be cut anywhere between two pieces.
 */
export class ThinkTags {
  #at: "start" | "thinking" | "behind" | "text" = "start";
  /** What may turn out to be the beginning of a tag, and blanks that may stand before one. */
  #held = "";

  split(piece: string): Split {
    if (this.#at === "text") return { reasoning: "", text: piece };
    this.#held += piece;
    if (this.#at === "start") return this.#start();
    return this.#at === "thinking" ? this.#think() : this.#answer();
  }

  /** What is held back, once nothing more comes. */
  rest(): Split {
    const held = this.#held;
    this.#held = "";
    return this.#at === "thinking" ? { reasoning: held, text: "" } : { reasoning: "", text: this.#at === "behind" ? "" : held };
  }

  #start(): Split {
    const begun = this.#held.trimStart();
    if (begun.startsWith(open)) {
      this.#at = "thinking";
      this.#held = begun.slice(open.length).trimStart();
      return this.#think();
    }
    if (open.startsWith(begun)) return nothing;
    this.#at = "text";
    return this.rest();
  }

  #think(): Split {
    const end = this.#held.indexOf(close);
    if (end !== -1) {
      const reasoning = this.#held.slice(0, end).trimEnd();
      this.#at = "behind";
      this.#held = this.#held.slice(end + close.length);
      return { reasoning, text: this.#answer().text };
    }
    const kept = this.#held.length - heldBack(this.#held);
    const reasoning = this.#held.slice(0, kept);
    this.#held = this.#held.slice(kept);
    return { reasoning, text: "" };
  }

  /** The blank lines between thinking and answer belong to neither. */
  #answer(): Split {
    const text = this.#held.trimStart();
    this.#held = "";
    if (text !== "") this.#at = "text";
    return { reasoning: "", text };
  }
}

const nothing: Split = { reasoning: "", text: "" };

/** How many characters at the end may be the beginning of the closing tag. */
function heldBack(text: string): number {
  for (let length = Math.min(close.length - 1, text.length); length > 0; length--) if (close.startsWith(text.slice(-length))) return length;
  return 0;
}
