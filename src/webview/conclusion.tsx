import type { JSX } from "preact";
import { Button } from "./button.tsx";
import { useChat } from "./context.ts";
import { Icon } from "./icon.tsx";
import { Visible } from "./visible.tsx";

/** Under the last words of a run that has ended well: what has changed, and what proves it. Nothing when nothing was changed. */
export function Conclusion(): JSX.Element | null {
  const chat = useChat();
  const { execution_status, progress } = chat.view.value.state;
  if (execution_status !== "finished" || progress.edits === 0) return null;
  return (
    <div class="conclusion" role="group" aria-label="Result">
      <Changed />
      {progress.proof === undefined ? (
        <p class="unverified">
          <Icon name="warning" />
          <span>Unverified: no test or check has run since the last edit.</span>
        </p>
      ) : (
        <p>
          <Icon name="pass" />
          <span>
            Verified by{" "}
            <code>
              <Visible text={progress.proof} />
            </code>
          </span>
        </p>
      )}
    </div>
  );
}

function Changed(): JSX.Element | null {
  const chat = useChat();
  const files = chat.changes.value;
  if (files.length === 0) return null;
  const total = (side: "added" | "removed"): number => files.reduce((sum, file) => sum + file[side], 0);
  return (
    <p>
      <Icon name="diff-multiple" />
      <span>
        {files.length === 1 ? "1 file" : `${files.length} files`} changed <span class="added">+{total("added")}</span>{" "}
        <span class="removed">−{total("removed")}</span>
      </span>
      <Button
        label="Review"
        title="Review all changes of this conversation"
        onClick={() => chat.post({ type: "door", command: "reviewChanges" })}
      />
    </p>
  );
}
