import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { TaskItem } from "../protocol/actions.ts";
import type { ChangedFile } from "../protocol/chat.ts";
import { relativePath } from "../protocol/display.ts";
import { useChat, useIsElsewhere } from "./context.ts";
import { Icon } from "./icon.tsx";

type Part = "tasks" | "files";

/** What stays in sight above the composer: the agent's task list and what this conversation has changed. Nothing when there is neither. */
export function Pinned(): JSX.Element | null {
  const chat = useChat();
  const isHere = !useIsElsewhere();
  const [open, setOpen] = useState<Part | undefined>(undefined);
  const { tasks } = chat.view.value.state.progress;
  const files = chat.changes.value;
  if (tasks.length === 0 && files.length === 0) return null;
  const toggle = (part: Part): void => setOpen(open === part ? undefined : part);
  return (
    <section class="pinned" aria-label="Tasks and changes">
      <div class="pinned-line">
        {tasks.length > 0 && (
          <Toggle isOpen={open === "tasks"} onClick={() => toggle("tasks")}>
            {`${tasks.filter((task) => task.status === "done").length}/${tasks.length} tasks`}
          </Toggle>
        )}
        {files.length > 0 && (
          <Toggle isOpen={open === "files"} onClick={() => toggle("files")}>
            {files.length === 1 ? "1 file" : `${files.length} files`} <Counts {...sumOf(files)} />
          </Toggle>
        )}
        {files.length > 0 && isHere && (
          <button
            type="button"
            class="text-button review"
            title="Show all changes of this conversation"
            onClick={() => chat.post({ type: "door", command: "reviewChanges" })}
          >
            Review
          </button>
        )}
      </div>
      {open === "tasks" && tasks.length > 0 && <Tasks tasks={tasks} />}
      {open === "files" && files.length > 0 && <Files files={files} />}
    </section>
  );
}

interface ToggleProps {
  readonly isOpen: boolean;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}

function Toggle({ isOpen, onClick, children }: ToggleProps): JSX.Element {
  return (
    <button type="button" class="pinned-toggle" aria-expanded={isOpen} onClick={onClick}>
      <Icon name={isOpen ? "chevron-down" : "chevron-right"} />
      <span class="pinned-words">{children}</span>
    </button>
  );
}

function Tasks({ tasks }: { readonly tasks: readonly TaskItem[] }): JSX.Element {
  return (
    <ol class="pinned-list" aria-label="Tasks" tabIndex={0}>
      {tasks.map(({ title, notes, status = "todo" }, index) => (
        <li key={index} class={`pinned-task ${status}`} title={notes === undefined || notes === "" ? title : `${title}\n${notes}`}>
          <Icon name={taskStates[status].icon} />
          <span class="unseen">{taskStates[status].words}: </span>
          <span>{title}</span>
        </li>
      ))}
    </ol>
  );
}

const taskStates = {
  todo: { icon: "circle-outline", words: "To do" },
  in_progress: { icon: "circle-filled", words: "In progress" },
  done: { icon: "pass", words: "Done" },
} as const;

function Files({ files }: { readonly files: readonly ChangedFile[] }): JSX.Element {
  const chat = useChat();
  return (
    <ul class="pinned-list" aria-label="Changed files">
      {files.map(({ path, status, added, removed }) => {
        const shown = relativePath(path, chat.folders.value);
        const name = shown.slice(shown.lastIndexOf("/") + 1);
        const folder = shown.slice(0, -name.length - 1);
        return (
          <li key={path}>
            <button type="button" class="pinned-file" title={`${path}\nOpen File`} onClick={() => chat.post({ type: "file.open", path })}>
              <Icon name={status === "created" ? "diff-added" : "diff-modified"} />
              <span class="pinned-words">
                {name} <span class="quiet">{folder}</span>
              </span>
              <span class="unseen">, {status},</span>
              <Counts added={added} removed={removed} />
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function Counts({ added, removed }: { readonly added: number; readonly removed: number }): JSX.Element {
  return (
    <span class="counts">
      <span class="added">+{added}</span> <span class="removed">−{removed}</span>
    </span>
  );
}

function sumOf(files: readonly ChangedFile[]): { added: number; removed: number } {
  return files.reduce((sum, file) => ({ added: sum.added + file.added, removed: sum.removed + file.removed }), { added: 0, removed: 0 });
}
