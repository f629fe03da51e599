import type { JSX } from "preact";
import { useChat } from "./context.ts";
import { Icon } from "./icon.tsx";
import { Visible } from "./visible.tsx";

/** Under the last words of a run that has ended well: what proves it. Nothing when nothing was changed; what was is pinned below. */
export function Conclusion(): JSX.Element | null {
  const chat = useChat();
  const { execution_status, progress } = chat.view.value.state;
  if (execution_status !== "finished" || progress.edits === 0) return null;
  return (
    <div class="conclusion" role="group" aria-label="Result">
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
