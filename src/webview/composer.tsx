import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ChatSession } from "../protocol/chat.ts";
import { IconButton } from "./button.tsx";
import type { Chat } from "./chat.ts";
import { useChat } from "./context.ts";
import { usageText } from "./status.ts";

/** Where the person writes, and with which model and rules the agent will work. */
export function Composer({ session }: { readonly session: ChatSession }): JSX.Element {
  const chat = useChat();
  const field = useRef<HTMLTextAreaElement>(null);
  const draft = chat.draft.value;
  const hindrance = hindranceOf(chat, session);
  const isRunning = chat.view.value.state.execution_status === "running";
  const send = (): void => {
    const text = draft.trim();
    if (text === "" || hindrance !== "") return;
    chat.draft.value = "";
    chat.send(text);
  };
  const requests = chat.composeRequests.value;
  useEffect(() => {
    if (requests > 0) field.current?.focus();
  }, [requests]);
  return (
    <div class="composer">
      <div class="composer-box">
        <textarea
          ref={field}
          rows={1}
          placeholder="Ask for a change"
          aria-label="Message to the agent"
          value={draft}
          onInput={(event) => {
            chat.draft.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (useComposerKey(chat, event, send)) event.preventDefault();
          }}
        />
        <IconButton
          icon="send"
          label="Send"
          title={sendTitle(hindrance, isRunning)}
          disabled={draft.trim() === "" || hindrance !== ""}
          onClick={send}
        />
      </div>
      <Settings session={session} />
    </div>
  );
}

function Settings({ session }: { readonly session: ChatSession }): JSX.Element {
  const chat = useChat();
  return (
    <div class="settings">
      <button
        type="button"
        class="text-button model"
        title="Select Model"
        aria-label={`Model: ${session.modelLabel}. Select Model`}
        onClick={() => chat.post({ type: "door", command: "selectModel" })}
      >
        <span class="model-name">{session.modelLabel === "" ? "No model" : session.modelLabel}</span>
        <span class="codicon codicon-chevron-down" aria-hidden="true" />
      </button>
      <span class="confirm-label" title={modeLabels[session.mode]}>
        {modeLabels[session.mode]}
      </span>
      <span class="wall-label" title={session.wall}>
        {session.wall}
      </span>
      <span class="usage">{usageText(chat.view.value)}</span>
    </div>
  );
}

const modeLabels = { always: "Asks always", risky: "Asks before commands", never: "Never asks" } as const;

/** Why nothing can be sent now; empty when it can. */
function hindranceOf(chat: Chat, session: ChatSession): string {
  if (chat.isStarting.value) return "The conversation is starting";
  switch (session.readiness) {
    case "ready":
      return "";
    case "no-folder":
      return "Open a folder first";
    case "untrusted":
      return "Trust this folder first";
    case "no-model":
      return "Set up a model first";
  }
}

function sendTitle(hindrance: string, isRunning: boolean): string {
  if (hindrance !== "") return hindrance;
  return isRunning ? "Send (the agent reads it at its next step)" : "Send (Enter)";
}

function useComposerKey(chat: Chat, event: KeyboardEvent, send: () => void): boolean {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false;
  if (event.key === "Enter") {
    send();
    return true;
  }
  if (event.key !== "ArrowUp" || chat.draft.value !== "") return false;
  const last = chat.view.value.rows.findLast((row) => row.type === "user");
  if (last?.type !== "user") return false;
  chat.draft.value = last.text;
  return true;
}
