/** What goes wrong with kept conversations, in a sentence for a person. */
export class ConversationError extends Error {
  override readonly name = "ConversationError";
  readonly code: "not-saved" | "not-found" | "not-readable" | "exists" | "in-use";

  constructor(code: ConversationError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
