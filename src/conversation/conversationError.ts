import { codeOf, messageOf } from "../protocol/thrown.ts";

/** What goes wrong with kept conversations, in a sentence for a person. */
export class ConversationError extends Error {
  override readonly name = "ConversationError";
  /**
   * `in-use`, `newer` and `not-writable`: it can be read all the same. `lost`: another window has taken it over, and nothing was written.
   */
  readonly code: "not-saved" | "not-found" | "not-readable" | "exists" | "in-use" | "newer" | "not-writable" | "lost";

  constructor(code: ConversationError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Why a conversation could not be opened for writing; what is a sentence already stays as it is. */
export function notOpened(cause: unknown): ConversationError {
  if (cause instanceof ConversationError) return cause;
  const reason = messageOf(cause);
  if (unwritable.has(codeOf(cause) ?? ""))
    return new ConversationError(
      "not-writable",
      `The conversation cannot be written (${reason}). What was saved before can be read; free space or check the folder's permissions to go on.`,
      { cause },
    );
  return new ConversationError("not-readable", `The conversation could not be opened (${reason}). Check the folder, and try again.`, {
    cause,
  });
}

const unwritable = new Set(["EROFS", "EACCES", "EPERM", "ENOSPC", "EDQUOT"]);

/** Whether it can only be read because somebody else writes to it. */
export function isAnothers({ code }: ConversationError): boolean {
  return code === "in-use" || code === "lost";
}

export function inUse(): ConversationError {
  return new ConversationError(
    "in-use",
    "This conversation is open in another window or program, which writes to it. Here it can be read; take it over, or go on there.",
  );
}

export function lost(): ConversationError {
  return new ConversationError(
    "lost",
    "This conversation was taken over by another window or program, or was deleted there. What was saved before is kept; go on there, or take it over again.",
  );
}

export function newer(): ConversationError {
  return new ConversationError(
    "newer",
    "A newer version of OpenHands has written to this conversation. It can be read here; update OpenHands to go on with it.",
  );
}

export function taken(id: string): ConversationError {
  return new ConversationError("exists", `There is a conversation ${id} already.`);
}

export function notFound(id: string): ConversationError {
  return new ConversationError("not-found", `There is no conversation ${id}.`);
}
