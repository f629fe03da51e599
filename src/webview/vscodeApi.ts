import * as z from "zod";
import { type ChatRequest, type ChatSession, ChatUpdate } from "../protocol/chat.ts";
import { ConversationId } from "../protocol/ids.ts";

/** An event at the top of the log, and how many pixels of it are above the top. */
export const Anchor = z.object({ eventId: z.string(), offset: z.number() });
export type Anchor = z.infer<typeof Anchor>;

/** What outlives a killed view: everything else comes from the host again. */
export const SavedState = z.object({
  draft: z.string(),
  stick: z.boolean(),
  anchor: Anchor.optional(),
  /** Of which conversation all this is; null is a new one. By it VS Code brings an editor tab back with its conversation. */
  conversationId: ConversationId.nullish(),
});
export type SavedState = z.infer<typeof SavedState>;

/** Whether `saved` is of this conversation; null is a new one. */
export function isSavedFor(saved: SavedState, conversationId: ChatSession["conversationId"]): boolean {
  return saved.conversationId === conversationId;
}

/** The view's line to the extension, and its small memory. */
export interface HostChannel {
  post(request: ChatRequest): void;
  saved(): SavedState;
  save(state: SavedState): void;
}

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** The channel that VS Code gives a view, once per page. */
export function openHostChannel(): HostChannel {
  const api = acquireVsCodeApi();
  return {
    post: (request) => {
      api.postMessage(request);
    },
    saved: () => SavedState.safeParse(api.getState()).data ?? { draft: "", stick: true },
    save: (state) => {
      api.setState(state);
    },
  };
}

/** A message of the extension; undefined when it is none that this version can read. */
export function readUpdate(message: unknown): ChatUpdate | undefined {
  try {
    return ChatUpdate.parse(message);
  } catch {
    // Because what is wrong inside an event is thrown, not collected.
    return undefined;
  }
}
