import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { ChatSession } from "../protocol/chat.ts";
import type { Row, View } from "../protocol/view.ts";
import type { Phase } from "./actionRow.tsx";
import { useChat } from "./context.ts";
import { EmptyState } from "./emptyState.tsx";
import { groupRows, type LogItem } from "./groups.ts";
import { StreamingRow } from "./messageRows.tsx";
import { ModelWait } from "./modelWait.tsx";
import { Item } from "./rowView.tsx";
import { usePlaceKept, useStick } from "./stick.ts";

const pageOfRows = 200;

/** What happened, oldest first; only the newest rows are drawn until older ones are asked for. */
export function Log({ session }: { readonly session: ChatSession }): JSX.Element {
  const chat = useChat();
  const view = chat.view.value;
  const [limit, setLimit] = useState(pageOfRows);
  const { frame, hasNews, onScroll, toEnd } = useStick(
    chat,
    `${view.lastSeq} ${view.streaming.text.length} ${view.streaming.reasoning.length}`,
  );
  const showEarlier = usePlaceKept(frame, () => setLimit(limit + pageOfRows));
  const hidden = Math.max(0, view.rows.length - limit);
  const items = useMemo(() => groupRows(view.rows.slice(hidden), chat.displayOf), [view.rows, hidden]);
  const isEmpty = view.rows.length === 0 && view.state.execution_status === "idle";
  return (
    <main class="log-frame">
      <div
        class="log"
        ref={frame}
        onScroll={onScroll}
        role="log"
        aria-label="Conversation"
        aria-live="polite"
        aria-relevant="additions"
        tabIndex={-1}
      >
        <div class="log-content">
          {isEmpty && <EmptyState session={session} />}
          {hidden > 0 && (
            <button type="button" class="text-button earlier" onClick={showEarlier}>
              Show earlier
            </button>
          )}
          <Items items={items} view={view} />
          {(view.streaming.text !== "" || view.streaming.reasoning !== "") && <StreamingRow {...view.streaming} />}
          {view.waiting !== undefined && <ModelWait waiting={view.waiting} />}
        </div>
      </div>
      {hasNews && (
        <button type="button" class="button secondary news" onClick={toEnd}>
          <span class="codicon codicon-arrow-down" aria-hidden="true" />
          New activity
        </button>
      )}
    </main>
  );
}

function Items({ items, view }: { readonly items: readonly LogItem[]; readonly view: View }): JSX.Element {
  const queued = new Set<string>(view.state.progress.queued);
  return (
    <>
      {items.map((item, index) => (
        <Item
          key={item.id}
          item={item}
          phase={item.type === "row" ? phaseOf(item.row, view) : "ended"}
          isLatest={index === items.length - 1 && view.state.execution_status !== "running"}
          isQueued={queued.has(item.id)}
        />
      ))}
    </>
  );
}

function phaseOf(row: Row, view: View): Phase {
  if (row.type !== "action" || row.result !== undefined) return "ended";
  switch (view.state.execution_status) {
    case "running":
      return view.state.pending[0]?.id === row.id ? "running" : "next";
    case "waiting_for_confirmation":
      return view.state.pending.some((action) => action.id === row.id) ? "waiting" : "unknown";
    default:
      return "unknown";
  }
}
