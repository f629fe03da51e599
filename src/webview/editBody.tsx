import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import type { FileEditorObservation } from "../protocol/actions.ts";
import type { ChangedFile } from "../protocol/chat.ts";
import { lineDiff } from "../protocol/lineDiff.ts";
import type { ActionRow } from "../protocol/view.ts";
import { BodyButton } from "./bodyButton.tsx";
import { noChanges } from "./chat.ts";
import { useChat, useIsElsewhere } from "./context.ts";
import { Diff } from "./diff.tsx";
import { useKept } from "./kept.ts";
import { isWritable } from "./status.ts";

interface EditBodyProps {
  readonly row: ActionRow;
  readonly observation: FileEditorObservation;
}

/** What an edit has changed, and what can be done about it. */
export function EditBody({ row, observation }: EditBodyProps): JSX.Element {
  const chat = useChat();
  const { old_content, new_content, first_line = 1, path } = observation;
  const before = old_content ?? "";
  const after = new_content ?? "";
  const actionId = row.event.id;
  const isHere = !useIsElsewhere();
  const open = (): void => {
    if (path != null) chat.post({ type: "file.open", path, line: first_line + firstChange(before, after) - 1 });
  };
  return (
    <>
      <Diff name={`${row.id}-diff`} before={before} after={after} offset={first_line - 1} />
      <div class="body-buttons">
        <BodyButton label="Open Diff" onClick={() => chat.post({ type: "edit.diff", actionId })} />
        {path != null && isHere && <BodyButton label="Open File" onClick={open} />}
        {path != null && isHere && <Revert actionId={actionId} path={path} />}
      </div>
    </>
  );
}

/** Takes the edit back. It reads as done when that has changed the file, or when the file is as it was before the conversation. */
function Revert({ actionId, path }: { readonly actionId: ActionRow["event"]["id"]; readonly path: string }): JSX.Element | null {
  const chat = useChat();
  const mayAct = useComputed(() => isWritable(chat.view.value));
  const [isDone = false, setDone] = useKept(`${actionId}-reverted`);
  const changes = chat.changes.value;
  const isBack = changes !== noChanges && changes.every((file) => file.path !== path);
  if (isDone || isBack) return <span class="quiet">Reverted</span>;
  if (!mayAct.value) return null;
  const revert = (): void => {
    chat.post({ type: "edit.revert", actionId });
    const { lastSeq } = chat.view.peek();
    const stop = chat.changes.subscribe((now) => {
      if (now === changes) return;
      stop();
      // Because what the agent has done meanwhile is no revert.
      if (chat.view.peek().lastSeq === lastSeq && countsOf(now, path) !== countsOf(changes, path)) setDone(true);
    });
  };
  return <BodyButton label="Revert" title="Take this edit back" onClick={revert} />;
}

function countsOf(changes: readonly ChangedFile[], path: string): string {
  const file = changes.find((each) => each.path === path);
  return `${file?.added} ${file?.removed}`;
}

/** The number of the first line of `after` that is not the same, counted from 1. */
function firstChange(before: string, after: string): number {
  let line = 1;
  for (const { side, newNumber } of lineDiff(before, after)) {
    if (side !== "same") return newNumber ?? line;
    line = (newNumber ?? line) + 1;
  }
  return 1;
}
