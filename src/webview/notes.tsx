import type { ComponentChildren, JSX } from "preact";
import type { ChatSession, DoorCommand } from "../protocol/chat.ts";
import type { View } from "../protocol/view.ts";
import { Button, IconButton } from "./button.tsx";
import { useChat, useSurroundings } from "./context.ts";
import { Icon } from "./icon.tsx";
import { isWritable } from "./status.ts";

/** What the person must know before they write: what hinders it, and the way on. */
export function Notes({ session }: { readonly session: ChatSession }): JSX.Element {
  const chat = useChat();
  const view = chat.view.value;
  return (
    <>
      <SilenceNote />
      {chat.problem.value !== "" && <Problem text={chat.problem.value} />}
      {view.isDeleted ? <DeletedNote /> : view.readOnly && <ReadOnlyNote {...view.readOnly} />}
      {isGone(view) && <Note icon="debug-disconnect" text={view.lost ?? ""} />}
      {view.isDeleted === undefined && view.rows.length > 0 && <ReadinessNote session={session} />}
    </>
  );
}

/** The sandbox has gone while nothing ran; a run that it has ended says so itself. */
const isGone = (view: View): boolean => view.lost !== undefined && isWritable(view) && view.state.execution_status !== "error";

/** The extension does not answer; nothing here can help, so it says what can. */
export function SilenceNote(): JSX.Element | null {
  const { isSilent } = useSurroundings();
  if (!isSilent.value) return null;
  return (
    <div class="note warning" role="alert">
      <Icon name="warning" />
      <span>
        The extension does not answer. The conversation and your message are kept. Run “Developer: Reload Window” from the Command Palette.
      </span>
    </div>
  );
}

function Problem({ text }: { readonly text: string }): JSX.Element {
  const chat = useChat();
  const dismiss = (): void => {
    chat.problem.value = "";
  };
  return (
    <div class="note problem" role="alert">
      <Icon name="error" />
      <span>{text}</span>
      <IconButton icon="close" label="Dismiss" onClick={dismiss} />
    </div>
  );
}

function DeletedNote(): JSX.Element {
  const chat = useChat();
  if (chat.session.value?.server !== undefined)
    return (
      <Note icon="trash" text="This conversation was deleted on its server.">
        <Door label="New Conversation" command="newConversation" />
      </Note>
    );
  return (
    <Note icon="trash" text="This conversation was deleted. It can be restored for thirty days.">
      <Button label="Restore" onClick={() => chat.command({ type: "conversation.restore" })} />
      <Door label="New Conversation" command="newConversation" />
    </Note>
  );
}

const inUse = "Another window or program runs this conversation. Here it can be read, or taken over.";
const takenOver =
  "Another window or program has taken this conversation over. All that was done is kept. Here it can be read, or taken back.";

function ReadOnlyNote({ reason, message }: NonNullable<View["readOnly"]>): JSX.Element {
  const chat = useChat();
  if (reason === "server-gone")
    return (
      <Note icon="debug-disconnect" text={message}>
        <Door label="Reconnect" command="reconnectServer" />
      </Note>
    );
  if (reason !== "in-use" && reason !== "taken-over")
    return <Note icon="lock" text={message === "" ? "This conversation can only be read here." : message} />;
  return (
    <Note icon="lock" text={reason === "in-use" ? inUse : takenOver}>
      <Button
        label="Take Over"
        title="It goes on here, and the other window reads it"
        onClick={() => chat.command({ type: "conversation.take_over" })}
      />
    </Note>
  );
}

/** The way on, for a conversation that can be read but not continued. */
function ReadinessNote({ session }: { readonly session: ChatSession }): JSX.Element | null {
  switch (session.readiness) {
    case "ready":
      return null;
    case "no-folder":
      return (
        <Note icon="folder" text="No folder is open; the agent cannot go on.">
          <Door label="Open Folder" command="openFolder" />
        </Note>
      );
    case "untrusted":
      return (
        <Note icon="shield" text="This folder is not trusted; nothing runs here.">
          <Door label="Manage Workspace Trust" command="manageTrust" />
        </Note>
      );
    case "no-model":
      return (
        <Note icon="info" text="No model is set up.">
          <Door label="Select Model" command="selectModel" />
        </Note>
      );
  }
}

interface NoteProps {
  readonly icon: string;
  readonly text: string;
  readonly children?: ComponentChildren;
}

function Note({ icon, text, children }: NoteProps): JSX.Element {
  return (
    <div class="note" role="group" aria-label={text}>
      <Icon name={icon} />
      <span>{text}</span>
      {children}
    </div>
  );
}

interface DoorProps {
  readonly label: string;
  readonly command: DoorCommand;
  readonly kind?: "primary" | "secondary";
}

/** A button for a command of the palette. */
export function Door({ label, command, kind = "secondary" }: DoorProps): JSX.Element {
  const chat = useChat();
  return <Button kind={kind} label={label} onClick={() => chat.post({ type: "door", command })} />;
}
