import * as z from "zod";
import type { ChatRequest } from "../protocol/chat.ts";

/** What outlives a killed view: everything else comes from the host again. */
export const SavedState = z.object({ draft: z.string(), stick: z.boolean(), anchor: z.string() });
export type SavedState = z.infer<typeof SavedState>;

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
    saved: () => SavedState.safeParse(api.getState()).data ?? { draft: "", stick: true, anchor: "" },
    save: (state) => {
      api.setState(state);
    },
  };
}
