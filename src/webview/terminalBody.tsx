import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { resultText } from "../protocol/display.ts";
import { isShort } from "../protocol/shortText.ts";
import type { ActionRow } from "../protocol/view.ts";
import { BodyButton } from "./bodyButton.tsx";
import { useChat, useIsElsewhere } from "./context.ts";
import { Output } from "./output.tsx";
import { isWritable } from "./status.ts";
import { Visible } from "./visible.tsx";

/** One that is longer is cut on its line, and stands whole below it. */
const longCommand = 48;

interface TerminalBodyProps {
  readonly row: ActionRow;
  readonly command: string;
  readonly isRunning?: boolean;
}

/** What a command says while it runs, and what it has said. */
export function TerminalBody({ row, command, isRunning = false }: TerminalBodyProps): JSX.Element {
  const chat = useChat();
  const mayAct = useComputed(() => isWritable(chat.view.value));
  const text = isRunning ? row.liveOutput : resultText(row.result);
  const isHere = !useIsElsewhere();
  const isEmpty = text.trim() === "";
  return (
    <>
      {(command.length > longCommand || command.includes("\n")) && (
        <pre class="command" tabIndex={0} aria-label="Command">
          <Visible text={command} />
        </pre>
      )}
      {!isEmpty && <Output name={row.id} text={text} label="Output" isLive={isRunning} />}
      {isEmpty && !isRunning && <p class="quiet">No output.</p>}
      <div class="body-buttons">
        {isShort(text) && (
          <BodyButton label="Open Whole Result" onClick={() => chat.post({ type: "result.open", actionId: row.event.id })} />
        )}
        {isHere && <BodyButton label="Open in Terminal" onClick={() => chat.post({ type: "terminal.show" })} />}
        {isRunning && mayAct.value && (
          <BodyButton label="Stop" name="Stop the run" title="Stop now; the changes are kept" onClick={() => chat.run("run.interrupt")} />
        )}
      </div>
    </>
  );
}
