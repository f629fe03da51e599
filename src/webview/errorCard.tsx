import type { JSX } from "preact";
import type { Row } from "../protocol/view.ts";
import { Button } from "./button.tsx";
import { useChat } from "./context.ts";
import { Icon } from "./icon.tsx";
import { Visible } from "./visible.tsx";

type ErrorRow = Extract<Row, { type: "error" }>;

/** Why the run ended, what is kept, and what the person can do. `isLatest`: nothing has happened since. */
export function ErrorCard({ row, isLatest }: { readonly row: ErrorRow; readonly isLatest: boolean }): JSX.Element {
  return (
    <article class="row error" aria-label={`Error: ${row.detail}`} data-event={row.id}>
      <div class="card error-card">
        <div class="card-head">
          <Icon name="error" />
          <p>
            <Visible text={row.detail} />
          </p>
        </div>
        <p class="quiet">The conversation and all changes so far are kept.</p>
        {isLatest && <ErrorButtons row={row} />}
      </div>
    </article>
  );
}

function ErrorButtons({ row }: { readonly row: ErrorRow }): JSX.Element {
  const chat = useChat();
  const { kind, retryable, user_action } = row.classification;
  const isAboutKey = kind === "auth";
  const isAboutModel = isAboutKey || kind === "config" || kind === "quota" || user_action === "settings";
  const mayBeAnotherModel = isAboutModel || kind === "transient" || kind === "rate_limit";
  const canRetry = retryable || user_action === "retry" || isAboutModel;
  return (
    <div class="buttons">
      {isAboutKey && <Button kind="primary" label="Set API Key" onClick={() => chat.post({ type: "door", command: "setApiKey" })} />}
      {canRetry && <Button kind={isAboutKey ? "secondary" : "primary"} label="Retry" onClick={() => chat.run("run.start")} />}
      {mayBeAnotherModel && <Button label="Select Model" onClick={() => chat.post({ type: "door", command: "selectModel" })} />}
      <Button label="Show Log" onClick={() => chat.post({ type: "door", command: "showLog" })} />
    </div>
  );
}
