/** What goes wrong with kept conversations, in a sentence for a person. */
export class ConversationError extends Error {
  override readonly name = "ConversationError";
  readonly code: "not-saved" | "not-found" | "not-readable" | "exists" | "in-use";

  constructor(code: ConversationError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Why a conversation could not be opened; what is a sentence already stays as it is. */
export function notOpened(cause: unknown): ConversationError {
  if (cause instanceof ConversationError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConversationError("not-readable", `The conversation could not be opened (${reason}). Check the folder, and try again.`, {
    cause,
  });
}
