import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ChatSession } from "../protocol/chat.ts";
import type { View } from "../protocol/view.ts";
import { useChat } from "./context.ts";
import { Icon } from "./icon.tsx";
import { messageWords } from "./messageRows.tsx";
import { isAway } from "./status.ts";

const shownTitleLength = 100;
const maxTitleLength = 200;

/**
 * Which conversation this is, and where it acts.
 *
 * New, history and more are not here, because VS Code draws them in the title bar right above.
 */
export function Header({ session }: { readonly session: ChatSession }): JSX.Element {
  const { value: view } = useChat().view;
  const mayRename = session.conversationId !== null && view.readOnly === undefined && view.isDeleted === undefined;
  return (
    <header class="header">
      <Title key={session.conversationId ?? "new"} title={titleOf(view)} mayRename={mayRename} />
      <Wall session={session} />
      {session.isDemo && session.server === undefined && (
        <div class="wall demo" title="Demo · recorded replies, real tools">
          <Icon name="beaker" />
          <span class="wall-text">Demo · recorded replies, real tools</span>
        </div>
      )}
    </header>
  );
}

function Title({ title, mayRename }: { readonly title: string; readonly mayRename: boolean }): JSX.Element {
  const [isEditing, edit] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    edit(false);
    setTimeout(() => button.current?.focus());
  };
  if (isEditing && mayRename) return <TitleField title={title} onClose={close} />;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "F2") edit(true);
  };
  return (
    <h1 class="title-line">
      {mayRename ? (
        <button type="button" class="title" title={`${title}\nRename (F2)`} ref={button} onClick={() => edit(true)} onKeyDown={onKeyDown}>
          {title}
        </button>
      ) : (
        <span class="title" title={title}>
          {title}
        </span>
      )}
    </h1>
  );
}

/** Enter saves, and so does leaving the field; Esc does not. */
function TitleField({ title, onClose }: { readonly title: string; readonly onClose: () => void }): JSX.Element {
  const chat = useChat();
  const [text, setText] = useState(title);
  const field = useRef<HTMLInputElement>(null);
  const isLeft = useRef(false);
  useLayoutEffect(() => field.current?.select(), []);
  const leave = (): void => {
    isLeft.current = true;
    onClose();
  };
  const save = (): void => {
    const id = chat.session.value?.conversationId ?? null;
    if (isLeft.current) return;
    const name = text.trim();
    if (id !== null && name !== "" && name !== title)
      chat.post({ type: "command", command: { type: "conversation.rename", conversationId: id, title: name } });
    leave();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") save();
    else leave();
  };
  return (
    <h1 class="title-line">
      <input
        type="text"
        class="text-input title-input"
        aria-label="Name of the conversation"
        maxLength={maxTitleLength}
        value={text}
        ref={field}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onBlur={save}
      />
    </h1>
  );
}

/** The one place that says what keeps the agent in; it leads to what can be done about it. */
function Wall({ session }: { readonly session: ChatSession }): JSX.Element {
  const chat = useChat();
  const hint = session.server !== undefined ? "Server" : session.conversationId === null ? "Select Runtime" : "Terminal and Runtime";
  return (
    <button
      type="button"
      class="wall"
      title={`${session.wall}\n${hint}`}
      disabled={session.wall === ""}
      onClick={() => chat.post({ type: "door", command: "selectRuntime" })}
    >
      <Icon name={session.server === undefined ? "vm" : "server-environment"} />
      <span class="wall-text">{session.wall}</span>
    </button>
  );
}

function titleOf(view: View): string {
  if (view.state.title !== undefined && view.state.title !== "") return view.state.title;
  const first = view.firstSeq === 0 ? view.rows.find((row) => row.type === "user") : undefined;
  if (first?.type !== "user") return view.firstSeq === 0 && !isAway(view) ? "New conversation" : "Conversation";
  const [line = ""] = messageWords(first).trim().split("\n");
  return line.length > shownTitleLength ? `${line.slice(0, shownTitleLength).trimEnd()}…` : line;
}
