import type { JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "./chat.ts";
import { placeOf } from "./displayCache.ts";
import { quoted } from "./dropped.ts";
import { Icon } from "./icon.tsx";

/** The files that fit the `@` word before the caret; `start` is where its `@` stands. */
interface Found {
  readonly start: number;
  readonly paths: readonly string[];
  readonly active: number;
  /** Why there are none. */
  readonly note?: string;
}

/** The list of files that opens behind an `@`. */
export interface Mention {
  readonly found: Found | undefined;
  /** A file as it is written to the agent. */
  place(path: string): string;
  /** Looks at what stands before the caret. */
  look(): void;
  close(): void;
  /** Whether the list has used the key. */
  useKey(event: KeyboardEvent): boolean;
  insert(path: string): void;
}

const maxQueryLength = 200;
const maxShown = 50;
export const mentionListId = "mention-list";

export function useMention(chat: Chat, field: RefObject<HTMLTextAreaElement | null>): Mention {
  const [found, setFound] = useState<Found | undefined>(undefined);
  const place = (path: string): string => placeOf(path, chat.view.peek(), chat.session.peek());
  const asked = useRef("");
  const close = (): void => {
    asked.current = "";
    setFound(undefined);
  };
  const look = (): void => {
    const word = field.current === null ? undefined : wordBefore(field.current);
    if (word === undefined) return close();
    const server = chat.session.peek()?.server;
    if (server !== undefined) return setFound({ start: word.start, paths: [], active: 0, note: unlisted(server) });
    const question = `${word.start} ${word.query}`;
    if (question === asked.current) return;
    asked.current = question;
    void chat.findFiles(word.query).then((paths = []) => {
      if (asked.current !== question) return;
      setFound(paths.length === 0 ? undefined : { start: word.start, paths: paths.slice(0, maxShown), active: 0 });
    });
  };
  const insert = (path: string): void => {
    const { current } = field;
    if (current === null || found === undefined) return;
    current.setRangeText(`${quoted(place(path))} `, found.start, current.selectionEnd, "end");
    chat.draft.value = current.value;
    current.focus();
    close();
  };
  const useKey = (event: KeyboardEvent): boolean => {
    if (found === undefined || event.isComposing || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return false;
    const { paths, active } = found;
    if (paths.length === 0 && event.key !== "Escape") return false;
    switch (event.key) {
      case "ArrowDown":
        setFound({ ...found, active: (active + 1) % paths.length });
        return true;
      case "ArrowUp":
        setFound({ ...found, active: (active + paths.length - 1) % paths.length });
        return true;
      case "Enter":
      case "Tab":
        insert(paths[active] ?? "");
        return true;
      case "Escape":
        setFound(undefined);
        return true;
      default:
        return false;
    }
  };
  return { found, place, look, close, useKey, insert };
}

/** The file that Enter would insert is `aria-selected`; the keyboard stays in the text. */
export function MentionList({ mention }: { readonly mention: Mention }): JSX.Element | null {
  const active = useRef<HTMLDivElement>(null);
  const { found } = mention;
  useLayoutEffect(() => active.current?.scrollIntoView({ block: "nearest" }), [found]);
  if (found === undefined) return null;
  if (found.note !== undefined) return <MentionNote text={found.note} />;
  return (
    <div class="mentions" role="listbox" id={mentionListId} aria-label="Files">
      {found.paths.map((path, index) => {
        const isActive = index === found.active;
        return (
          <div
            key={path}
            class={isActive ? "mention active" : "mention"}
            role="option"
            id={mentionId(index)}
            aria-selected={isActive}
            ref={isActive ? active : null}
            title={path}
            // Because the text would lose the keyboard before the click.
            onMouseDown={(event) => {
              event.preventDefault();
              mention.insert(path);
            }}
          >
            <Icon name="file" />
            <FileName path={mention.place(path)} />
          </div>
        );
      })}
    </div>
  );
}

/** In the place of the list, where there cannot be one. */
function MentionNote({ text }: { readonly text: string }): JSX.Element {
  return (
    <div class="mentions" role="status" id={mentionListId}>
      <p class="mention-note quiet">{text}</p>
    </div>
  );
}

// Because the protocol of agent-servers has no search for files.
const unlisted = (server: string): string => `The files of ${server} cannot be listed from here. Write the path: the agent finds it.`;

/** A file's name, and its folder in a quieter colour, as VS Code lists files. */
export function FileName({ path }: { readonly path: string }): JSX.Element {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return (
    <span class="file-name">
      {name} <span class="quiet">{path.slice(0, -name.length - 1)}</span>
    </span>
  );
}

export function mentionId(index: number): string {
  return `mention-${index}`;
}

/** Opens and closes the list as the text changes from elsewhere, such as when it is sent. */
export function useMentionCleared(mention: Mention, draft: string): void {
  useEffect(() => {
    if (draft === "") mention.close();
  }, [draft]);
}

function wordBefore({ value, selectionStart, selectionEnd }: HTMLTextAreaElement): { start: number; query: string } | undefined {
  if (selectionStart !== selectionEnd) return undefined;
  const [, query] = /(?:^|[\s([{"'`])@([^\s@]*)$/.exec(value.slice(Math.max(0, selectionStart - maxQueryLength), selectionStart)) ?? [];
  return query === undefined ? undefined : { start: selectionStart - query.length - 1, query };
}
