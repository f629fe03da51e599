import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { ActionRow as Action, Row } from "../protocol/view.ts";
import { ActionRow, type Phase } from "./actionRow.tsx";
import { Collapsible } from "./collapsible.tsx";
import { Conclusion } from "./conclusion.tsx";
import { ErrorCard } from "./errorCard.tsx";
import { groupTitle, type LogItem, type ReadGroup } from "./groups.ts";
import { Icon } from "./icon.tsx";
import { AgentRow, FinishRow, ThinkRow, UserRow } from "./messageRows.tsx";
import { NoticeRow } from "./noticeRow.tsx";

interface ItemProps {
  readonly item: LogItem;
  readonly phase: Phase;
  /** Nothing has happened since. */
  readonly isLatest: boolean;
  readonly isQueued: boolean;
}

/** One item of the log. It is drawn again only when what it shows has changed. */
export function Item({ item, phase, isLatest, isQueued }: ItemProps): JSX.Element {
  const content = item.type === "row" ? item.row : item.rows.length;
  return useMemo(() => draw({ item, phase, isLatest, isQueued }), [item.id, content, phase, isLatest, isQueued]);
}

function draw({ item, phase, isLatest, isQueued }: ItemProps): JSX.Element {
  if (item.type === "reads") return <Reads group={item} />;
  return <RowView row={item.row} phase={phase} isLatest={isLatest} isQueued={isQueued} />;
}

function RowView({ row, phase, isLatest, isQueued }: Omit<ItemProps, "item"> & { readonly row: Row }): JSX.Element {
  switch (row.type) {
    case "user":
      return <UserRow row={row} isQueued={isQueued} />;
    case "agent":
      return (
        <>
          <AgentRow row={row} />
          {isLatest && row.text !== "" && <Conclusion />}
        </>
      );
    case "error":
      return <ErrorCard row={row} isLatest={isLatest} />;
    case "notice":
      return <NoticeRow row={row} />;
    case "action":
      return <Deed row={row} phase={phase} isLatest={isLatest} />;
  }
}

function Deed({ row, phase, isLatest }: { readonly row: Action; readonly phase: Phase; readonly isLatest: boolean }): JSX.Element {
  const { action } = row.event;
  if (action?.kind === "ThinkAction") return <ThinkRow row={row} thought={action.thought} />;
  if (action?.kind !== "FinishAction" || phase !== "ended") return <ActionRow row={row} phase={phase} />;
  return (
    <>
      <FinishRow row={row} message={action.message} />
      {isLatest && <Conclusion />}
    </>
  );
}

function Reads({ group }: { readonly group: ReadGroup }): JSX.Element {
  const title = groupTitle(group);
  const line = (
    <>
      <Icon name="files" />
      <span class="line-text">{title}</span>
    </>
  );
  const body = (): JSX.Element[] =>
    group.rows.map((row) => <RowView key={row.id} row={row} phase="ended" isLatest={false} isQueued={false} />);
  return (
    <div class="row reads" role="group" aria-label={title} data-event={group.id} tabIndex={-1}>
      <Collapsible name={`${group.id}-group`} line={line} isOpen={false} body={body} />
    </div>
  );
}
