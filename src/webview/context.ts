import type { ReadonlySignal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Chat } from "./chat.ts";

/** What every part of the view may use. */
export interface Surroundings {
  readonly chat: Chat;
  /** The time of the log's clock; moves while a run goes on. */
  readonly now: ReadonlySignal<number>;
  /** Whether the extension has stopped to answer. */
  readonly isSilent: ReadonlySignal<boolean>;
}

export const SurroundingsContext = createContext<Surroundings | undefined>(undefined);

export function useSurroundings(): Surroundings {
  const surroundings = useContext(SurroundingsContext);
  if (surroundings === undefined) throw new Error("A part of the view was drawn outside of it.");
  return surroundings;
}

export function useChat(): Chat {
  return useSurroundings().chat;
}

/** Whether the files and terminals of the conversation are on a server, where they cannot be opened from here. */
export function useIsElsewhere(): boolean {
  return useChat().session.value?.server !== undefined;
}
