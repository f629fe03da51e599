import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { ChatSession } from "../protocol/chat.ts";
import type { Row, View } from "../protocol/view.ts";
import type { Phase } from "./actionRow.tsx";
import type { Chat } from "./chat.ts";
import { useChat } from "./context.ts";
import { EmptyState } from "./emptyState.tsx";
import { groupRows, type LogItem } from "./groups.ts";
import { KeptContext } from "./kept.ts";
import { LogWindow } from "./logWindow.ts";
import { StreamingRow } from "./messageRows.tsx";
import { ModelWait } from "./modelWait.tsx";
import { handleRowKey } from "./rowKeys.ts";
import { Item } from "./rowView.tsx";
import { isAway } from "./status.ts";

/** What happened, oldest first. Only what is in view or near it is drawn; older events are loaded when the top comes near. */
export function Log({ session }: { readonly session: ChatSession }): JSX.Element {
  const chat = useChat();
  const view = chat.view.value;
  const logWindow = useMemo(() => new LogWindow(chat), []);
  const items = useMemo(() => groupRows(view.rows, chat.displayOf), [view.rows]);
  const { chunks, live } = logWindow.lay(items);
  useLayoutEffect(() => logWindow.drawn());
  useWatch(chat, logWindow);
  const hasNews = useNews(chat, `${view.lastSeq} ${view.streaming.text.length} ${view.streaming.reasoning.length}`);
  // Of a server that is away nothing is known yet, which is not the same as nothing.
  const isEmpty = view.rows.length === 0 && view.state.execution_status === "idle" && !isAway(view);
  return (
    <main class="log-frame">
      <div
        class="log"
        ref={logWindow.frame}
        onScroll={() => logWindow.scrolled()}
        onKeyDown={(event) => handleRowKey(event, event.currentTarget)}
        role="log"
        aria-label="Conversation"
        // Because rows come and go as the log is scrolled: what is new is said by the announcer.
        aria-live="off"
        tabIndex={-1}
      >
        <div class="log-content">
          {isEmpty && <EmptyState session={session} />}
          {view.firstSeq > 0 && <div class="quiet earlier">Loading earlier…</div>}
          <KeptContext.Provider value={logWindow.kept}>
            <div class="space" style={{ height: `${live.above}px` }} />
            {chunks.map((chunk) => (
              <div key={chunk.id} data-chunk={chunk.id}>
                <Items items={chunk.items} view={view} lastId={items.at(-1)?.id} />
              </div>
            ))}
            <div class="space" style={{ height: `${live.below}px` }} />
          </KeptContext.Provider>
          {(view.streaming.text !== "" || view.streaming.reasoning !== "") && <StreamingRow {...view.streaming} />}
          {view.waiting !== undefined && <ModelWait waiting={view.waiting} />}
        </div>
      </div>
      {hasNews && (
        <button type="button" class="button secondary news" onClick={() => logWindow.toEnd()}>
          <span class="codicon codicon-arrow-down" aria-hidden="true" />
          New activity
        </button>
      )}
    </main>
  );
}

/** What changes its size, and where the palette's commands go to. */
function useWatch(chat: Chat, logWindow: LogWindow): void {
  useEffect(() => {
    const frame = logWindow.frame.current;
    if (frame === null) return undefined;
    const observer = new ResizeObserver(() => logWindow.resized());
    for (const element of [frame, ...frame.children]) observer.observe(element);
    const before = chat.moves.peek();
    const stop = chat.moves.subscribe((move) => {
      if (move !== undefined && move !== before && move.to !== "nextPart") logWindow.jump(move.to);
    });
    return () => {
      observer.disconnect();
      stop();
    };
  }, []);
}

/** Whether something came while the end was out of view. `version` changes with what the log shows. */
function useNews({ stick }: Chat, version: string): boolean {
  const [seen, setSeen] = useState(version);
  useEffect(() => {
    if (stick.peek()) setSeen(version);
  }, [version, stick.value]);
  return !stick.value && seen !== version;
}

interface ItemsProps {
  readonly items: readonly LogItem[];
  readonly view: View;
  readonly lastId: string | undefined;
}

function Items({ items, view, lastId }: ItemsProps): JSX.Element {
  const { queued } = view.state.progress;
  return (
    <>
      {items.map((item) => (
        <Item
          key={item.id}
          item={item}
          phase={item.type === "row" ? phaseOf(item.row, view) : "ended"}
          isLatest={item.id === lastId && view.state.execution_status !== "running"}
          isQueued={queued.some((id) => id === item.id)}
        />
      ))}
    </>
  );
}

function phaseOf(row: Row, view: View): Phase {
  if (row.type !== "action" || row.result !== undefined) return "ended";
  switch (view.state.execution_status) {
    case "running":
      if (isAway(view)) return "unknown";
      return view.state.pending[0]?.id === row.id ? "running" : "next";
    case "waiting_for_confirmation":
      return view.state.pending.some((action) => action.id === row.id) ? "waiting" : "unknown";
    default:
      return "unknown";
  }
}
