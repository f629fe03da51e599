import type { JSX } from "preact";
import type { Row } from "../protocol/view.ts";
import { Button } from "./button.tsx";
import type { ChatCommand } from "./chatCommand.ts";
import { useChat } from "./context.ts";
import { Icon } from "./icon.tsx";
import { raisedLimits } from "./raisedLimits.ts";
import { isWritable } from "./status.ts";
import { Visible } from "./visible.tsx";

type ErrorRow = Extract<Row, { type: "error" }>;

/** Why the run ended, what is kept, and what the person can do. `isLatest`: nothing has happened since. */
export function ErrorCard({ row, isLatest }: { readonly row: ErrorRow; readonly isLatest: boolean }): JSX.Element {
  const chat = useChat();
  const raised = raisedLimits(row.code, chat.view.value.state);
  return (
    <article class="row error" aria-label={`Error: ${row.detail}`} data-event={row.id} tabIndex={-1}>
      <div class={`card ${raised === undefined ? "error-card" : "limit-card"}`}>
        <div class="card-head">
          <Icon name={raised === undefined ? "error" : "warning"} />
          <p>
            <Visible text={row.detail} />
          </p>
        </div>
        {raised === undefined && <p class="quiet">The conversation and all changes so far are kept.</p>}
        {isLatest &&
          isWritable(chat.view.value) &&
          (raised === undefined ? <ErrorButtons row={row} /> : <Raise command={raised.command} to={raised.to} />)}
      </div>
    </article>
  );
}

/** Another run with twice as much; not to press it leaves the run stopped. */
function Raise({ command, to }: { readonly command: ChatCommand; readonly to: string }): JSX.Element {
  const chat = useChat();
  if (chat.session.value?.server !== undefined) return <ContinueThere />;
  const raise = (): void => {
    chat.command(command);
    chat.run("run.start");
  };
  return (
    <div class="buttons">
      <Button kind="primary" label={`Raise to ${to}`} title="Raise the limit of this conversation, and continue" onClick={raise} />
      <Button
        label="Settings"
        title="Open the limits of new conversations"
        onClick={() => chat.post({ type: "door", command: "openSettings" })}
      />
    </div>
  );
}

/** The limit of a conversation on a server was fixed when it began, and counts for each run. */
function ContinueThere(): JSX.Element {
  const chat = useChat();
  return (
    <div class="buttons">
      <Button kind="primary" label="Continue" title="Go on, for as much again" onClick={() => chat.run("run.start")} />
    </div>
  );
}

function ErrorButtons({ row }: { readonly row: ErrorRow }): JSX.Element {
  const chat = useChat();
  const { kind, retryable, user_action } = row.classification;
  const isAboutSandbox = row.code === "RuntimeNotOpened" && chat.view.value.state.runtime?.kind === "docker";
  const isAboutKey = kind === "auth";
  const isAboutModel = isAboutKey || kind === "config" || kind === "quota" || user_action === "settings";
  const mayBeAnotherModel = isAboutModel || kind === "transient" || kind === "rate_limit";
  const canRetry = retryable || user_action === "retry" || isAboutModel;
  return (
    <div class="buttons">
      {isAboutKey && <Button kind="primary" label="Set API Key" onClick={() => chat.post({ type: "door", command: "setApiKey" })} />}
      {canRetry && <Button kind={isAboutKey ? "secondary" : "primary"} {...retryWords(row.code)} onClick={() => chat.run("run.start")} />}
      {mayBeAnotherModel && <Button label="Select Model" onClick={() => chat.post({ type: "door", command: "selectModel" })} />}
      {isAboutSandbox && (
        <Button
          label="Settings"
          title="Open the settings of sandboxes and of where their engine is"
          onClick={() => chat.post({ type: "door", command: "openSettings" })}
        />
      )}
      <Button label="Show Log" onClick={() => chat.post({ type: "door", command: "showLog" })} />
    </div>
  );
}

/** A run begins with a sandbox of its own where the one before has gone. */
function retryWords(code: string): { readonly label: string; readonly title?: string } {
  return code === "RuntimeLost" ? { label: "Restart Sandbox", title: "Start the sandbox again, and continue" } : { label: "Retry" };
}
