import type { JSX } from "preact";
import type { View } from "../protocol/view.ts";
import { BodyButton } from "./bodyButton.tsx";
import { useChat } from "./context.ts";
import { useSecondsLeft } from "./countdown.ts";
import { Icon } from "./icon.tsx";
import { isWritable } from "./status.ts";

/** Why the model does not answer, and when it is asked again. */
export function ModelWait({ waiting }: { readonly waiting: NonNullable<View["waiting"]> }): JSX.Element {
  const chat = useChat();
  const seconds = useSecondsLeft(waiting);
  return (
    <div class="row notice wait" role="group" aria-label={`The model does not answer: ${waiting.reason}`}>
      <Icon name="watch" />
      <span>
        {waiting.reason} {seconds > 0 ? `Next try in ${seconds} s.` : "Trying again."}{" "}
        {isWritable(chat.view.peek()) && (
          <BodyButton label="Stop" name="Stop the run" title="Stop now; the changes are kept" onClick={() => chat.run("run.interrupt")} />
        )}
      </span>
    </div>
  );
}
