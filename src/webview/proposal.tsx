import type { JSX } from "preact";
import type { FileEditorAction } from "../protocol/actions.ts";
import type { ActionEvent } from "../protocol/events.ts";
import { Diff } from "./diff.tsx";
import { Visible } from "./visible.tsx";

/** What an action would do, whole: nothing is shortened without a button that shows it all. */
export function Proposal({ event }: { readonly event: ActionEvent }): JSX.Element {
  const { action } = event;
  if (action?.kind === "TerminalAction") return <Command text={action.command} />;
  if (action?.kind === "FileEditorAction") return <FileChange name={event.id} action={action} />;
  return <Command text={event.tool_call.arguments} />;
}

/** What fits into the card without scrolling. */
const visibleLines = 6;

/** A long one scrolls; its length is said, because the last line may be the dangerous one. */
function Command({ text }: { readonly text: string }): JSX.Element {
  const lines = text.trimEnd().split("\n").length;
  return (
    <>
      <pre class="command" tabIndex={0}>
        <Visible text={text} />
      </pre>
      {lines > visibleLines && <p class="quiet">{lines} lines; scroll to read them all.</p>}
    </>
  );
}

interface ChangeProps {
  readonly name: string;
  readonly action: FileEditorAction;
}

function FileChange({ name, action }: ChangeProps): JSX.Element {
  return (
    <>
      <pre class="command" tabIndex={0}>
        <Visible text={action.path} />
      </pre>
      <Change name={name} action={action} />
    </>
  );
}

function Change({ name, action }: ChangeProps): JSX.Element | null {
  switch (action.command) {
    case "create":
      return <Diff name={`${name}-proposal`} before="" after={action.file_text ?? ""} offset={0} />;
    case "str_replace":
      return <Diff name={`${name}-proposal`} before={action.old_str ?? ""} after={action.new_str ?? ""} />;
    case "insert":
      return <Diff name={`${name}-proposal`} before="" after={action.new_str ?? ""} offset={action.insert_line ?? 0} />;
    case "view":
    case "undo_edit":
      return null;
  }
}
