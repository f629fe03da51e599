import type { Chat, Move } from "./chat.ts";

const isMac = navigator.userAgent.includes("Mac");

/** How the main modifier is called here. */
export const commandKey = isMac ? "Cmd" : "Ctrl";

/** Whether the main modifier, and no other, is held. */
export function hasCommandKey(event: KeyboardEvent): boolean {
  return (isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey) && !event.altKey && !event.shiftKey;
}

/**
 * The keys of the whole view. Those that answer are no keybindings of VS Code, because VS Code knows neither that a text is being written nor
 * which of several chats has the keyboard.
 *
 * A key that was used goes no further, so VS Code does not act on it a second time.
 */
export function handleViewKey(chat: Chat, event: KeyboardEvent): void {
  if (event.isComposing || !useKey(chat, event)) return;
  event.preventDefault();
  event.stopPropagation();
}

function useKey(chat: Chat, event: KeyboardEvent): boolean {
  if (event.key === "F6" && !event.shiftKey) return toNextPart();
  if (event.key === "Escape") return close(chat);
  if (!hasCommandKey(event) || isWriting(event.target)) return false;
  switch (event.key) {
    case "Enter":
      return chat.answerAll(true);
    case "Backspace":
      return chat.answerAll(false);
    case "ArrowUp":
      return move(chat, "previousMessage");
    case "ArrowDown":
      return move(chat, "nextMessage");
    default:
      return false;
  }
}

/** Closes what is open; it never stops a run. */
function close(chat: Chat): boolean {
  if (chat.isRejecting.value) {
    chat.isRejecting.value = false;
    return true;
  }
  if (chat.problem.value === "") return false;
  chat.problem.value = "";
  return true;
}

function move(chat: Chat, to: Move["to"]): boolean {
  chat.moves.value = { to };
  return true;
}

/** Because in a text that is being written these keys belong to the text: nobody allows a command by mistake. */
function isWriting(target: EventTarget | null): boolean {
  return (target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement) && target.value !== "";
}

/** From the log to the question to the composer, and round again. */
export function toNextPart(): boolean {
  const parts = [".log", ".approval", ".composer textarea"].flatMap((selector) => document.querySelector<HTMLElement>(selector) ?? []);
  const current = parts.findIndex((part) => part.contains(document.activeElement));
  const next = parts[(current + 1) % parts.length];
  next?.focus();
  return next !== undefined;
}
