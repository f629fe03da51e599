import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ChatSession } from "../protocol/chat.ts";
import { IconButton } from "./button.tsx";
import type { Chat } from "./chat.ts";
import { useChat } from "./context.ts";
import { placeOf } from "./displayCache.ts";
import { droppedPaths, picturesOf } from "./dropped.ts";
import { MentionList, mentionId, mentionListId, useMention, useMentionCleared } from "./mention.tsx";
import { readPictures } from "./pictures.ts";
import { noRecall, recalled } from "./recall.ts";
import { hindranceOf, placeholderOf } from "./sending.ts";
import { SettingsLine } from "./settingsLine.tsx";
import { canStop } from "./status.ts";
import { Thumbnails } from "./thumbnails.tsx";

/** Where the person writes, and with which model and rules the agent will work. */
export function Composer({ session }: { readonly session: ChatSession }): JSX.Element {
  const chat = useChat();
  const hindrance = hindranceOf(chat, session);
  const isEmpty = chat.draft.value.trim() === "" && chat.pictures.value.length === 0;
  const view = chat.view.value;
  const isRunning = canStop(view);
  // While things are made ready, the status line has the button.
  const hasStop = isRunning && view.phase === undefined;
  const send = (): void => {
    if (isEmpty) return;
    if (hindrance !== "") {
      chat.problem.value = `${hindrance}. Your message is kept.`;
      return;
    }
    const text = chat.draft.value.trim();
    const pictures = chat.pictures.value;
    chat.draft.value = "";
    chat.pictures.value = [];
    chat.send(text, pictures);
  };
  return (
    <div class="composer">
      <Box session={session} onSend={send} />
      <SettingsLine session={session}>
        {hasStop && (
          <IconButton icon="stop-circle" label="Stop" title="Stop now; the changes are kept" onClick={() => chat.run("run.interrupt")} />
        )}
        {(!hasStop || !isEmpty) && (
          <IconButton
            icon="send"
            label="Send"
            title={sendTitle(hindrance, isRunning)}
            disabled={isEmpty || hindrance !== ""}
            onClick={send}
          />
        )}
      </SettingsLine>
    </div>
  );
}

function sendTitle(hindrance: string, isRunning: boolean): string {
  if (hindrance !== "") return hindrance;
  return isRunning ? "Queue (the agent reads it at its next step)" : "Send (Enter)";
}

function Box({ session, onSend }: { readonly session: ChatSession; readonly onSend: () => void }): JSX.Element {
  const chat = useChat();
  const field = useRef<HTMLTextAreaElement>(null);
  const [isDropping, setDropping] = useState(false);
  const mention = useMention(chat, field);
  const useHistory = useRecall(chat);
  const { found } = mention;
  const requests = chat.composeRequests.value;
  useMentionCleared(mention, chat.draft.value);
  useEffect(() => {
    if (requests > 0) field.current?.focus();
  }, [requests]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (mention.useKey(event)) event.stopPropagation();
    else if (!useHistory(event) && !isSendKey(event)) return;
    else if (event.key === "Enter") onSend();
    event.preventDefault();
  };
  const accept = (data: DataTransfer | null): boolean => data !== null && takeIn(chat, data, field.current);
  return (
    <div
      class={isDropping ? "composer-box dropping" : "composer-box"}
      onDragOver={(event) => {
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={(event) => {
        setDropping(false);
        if (accept(event.dataTransfer)) event.preventDefault();
      }}
    >
      <MentionList mention={mention} />
      <Thumbnails />
      <textarea
        ref={field}
        rows={1}
        placeholder={placeholderOf(chat.view.value, session)}
        aria-label="Message to the agent"
        aria-autocomplete="list"
        aria-haspopup="listbox"
        aria-controls={found && mentionListId}
        aria-activedescendant={found && found.paths.length > 0 ? mentionId(found.active) : undefined}
        value={chat.draft.value}
        onInput={(event) => {
          chat.draft.value = event.currentTarget.value;
          mention.look();
        }}
        onClick={mention.look}
        onBlur={mention.close}
        onKeyDown={onKeyDown}
        onPaste={(event) => {
          if (event.clipboardData !== null && takePictures(chat, event.clipboardData)) event.preventDefault();
        }}
      />
    </div>
  );
}

function isSendKey(event: KeyboardEvent): boolean {
  return event.key === "Enter" && !event.isComposing && !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
}

/** Up and Down bring the person's messages back into an empty composer. */
function useRecall(chat: Chat): (event: KeyboardEvent) => boolean {
  const recall = useRef(noRecall);
  return (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false;
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return false;
    const next = recalled(chat.view.value, chat.draft.value, recall.current, event.key === "ArrowUp" ? "older" : "newer");
    if (next === undefined) return false;
    recall.current = next;
    chat.draft.value = next.text;
    return true;
  };
}

/** Pictures go with the message; of other files the path is written. */
function takeIn(chat: Chat, data: DataTransfer, field: HTMLTextAreaElement | null): boolean {
  if (takePictures(chat, data)) return true;
  const paths = droppedPaths(data, (path) => placeOf(path, chat.view.peek(), chat.session.peek()));
  if (paths === "") {
    if (data.files.length === 0) return false;
    chat.problem.value = "Only pictures can be dropped from outside. Drop other files from VS Code's explorer, or write their path.";
    return true;
  }
  const before = chat.draft.value.slice(0, field?.selectionStart);
  field?.setRangeText(/\S$/.test(before) ? ` ${paths} ` : `${paths} `, field.selectionStart, field.selectionEnd, "end");
  chat.draft.value = field?.value ?? chat.draft.value;
  field?.focus();
  return true;
}

function takePictures(chat: Chat, data: DataTransfer): boolean {
  const files = picturesOf(data);
  if (files.length === 0) return false;
  const conversationId = chat.conversationId.peek();
  void readPictures(files, chat.pictures.value.length).then(({ pictures, problem }) => {
    if (chat.conversationId.peek() === conversationId) chat.pictures.value = [...chat.pictures.value, ...pictures];
    chat.problem.value = problem;
  });
  return true;
}
