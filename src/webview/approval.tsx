import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ActionEvent } from "../protocol/events.ts";
import { whyAsked } from "../protocol/riskReasons.ts";
import { approvalTitle, consequenceOfAction, mayBeRemembered } from "./approvalWords.ts";
import { Button } from "./button.tsx";
import { useChat, useIsElsewhere } from "./context.ts";
import { Icon } from "./icon.tsx";
import { commandKey } from "./keys.ts";
import { Proposal } from "./proposal.tsx";
import { Visible } from "./visible.tsx";

/** The question before actions run. It takes no focus by itself; `Allow` answers for exactly the actions that it shows. */
export function Approval({ actions }: { readonly actions: readonly ActionEvent[] }): JSX.Element {
  const chat = useChat();
  const policy = chat.view.value.state.confirmation_policy;
  const title = approvalTitle(actions, chat.folders.value);
  return (
    <div
      class="card approval"
      role="alertdialog"
      aria-labelledby="approval-title"
      aria-describedby="approval-why"
      tabIndex={-1}
      data-part="approval"
    >
      <div class="card-head">
        <Icon name="question" />
        <h2 id="approval-title">{title}</h2>
      </div>
      <div class="approval-actions">
        {actions.map((action) => (
          <Proposed key={action.id} event={action} isOneOfMany={actions.length > 1} />
        ))}
      </div>
      <p class="quiet" id="approval-why">
        {whyAsked(actions, policy)}
      </p>
      {chat.isRejecting.value ? <RejectForm actions={actions} /> : <AnswerButtons actions={actions} />}
    </div>
  );
}

function AnswerButtons({ actions }: { readonly actions: readonly ActionEvent[] }): JSX.Element {
  const chat = useChat();
  const isHere = !useIsElsewhere();
  return (
    <div class="buttons">
      <Button
        kind="primary"
        label={actions.length > 1 ? `Allow ${actions.length}` : "Allow"}
        title={`Allow (${commandKey}+Enter)`}
        onClick={() => chat.answer(actions, { accept: true })}
      />
      <Button
        label="Reject…"
        title={`Reject (${commandKey}+Backspace rejects without a reason)`}
        onClick={() => {
          chat.isRejecting.value = true;
        }}
      />
      {isHere && mayBeRemembered(actions, chat.view.value.state.confirmation_policy) && (
        <Button
          label="Allow in This Conversation"
          title="Exactly this command needs no answer again in this conversation, as long as it is open"
          onClick={() => chat.answer(actions, { accept: true, remember: true })}
        />
      )}
    </div>
  );
}

function Proposed({ event, isOneOfMany }: { readonly event: ActionEvent; readonly isOneOfMany: boolean }): JSX.Element {
  const chat = useChat();
  const isHere = !useIsElsewhere();
  const consequence = consequenceOfAction(event)?.text ?? "";
  return (
    <div class="proposed" data-action={event.id}>
      {isOneOfMany && <h3>{approvalTitle([event], chat.folders.value)}</h3>}
      <Proposal event={event} />
      {event.action?.kind === "FileEditorAction" && isHere && (
        <button type="button" class="text-button" onClick={() => chat.post({ type: "edit.diff", actionId: event.id })}>
          Open Diff
        </button>
      )}
      {consequence !== "" && <Consequence text={consequence} />}
      {event.summary != null && event.summary !== "" && <p class="quiet">The agent says: {event.summary}</p>}
    </div>
  );
}

/** Found in the command itself, unlike what the agent says of it. */
function Consequence({ text }: { readonly text: string }): JSX.Element {
  return (
    <p class="consequence">
      <Icon name="warning" />
      <span>
        <Visible text={text} />
      </span>
    </p>
  );
}

function RejectForm({ actions }: { readonly actions: readonly ActionEvent[] }): JSX.Element {
  const chat = useChat();
  const [reason, setReason] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => input.current?.focus(), []);
  const reject = (): void => {
    chat.answer(actions, { accept: false, reason: reason.trim() });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && !event.isComposing) reject();
  };
  return (
    <div class="reject">
      <input
        type="text"
        class="text-input"
        placeholder="Why? (the agent reads it)"
        aria-label="Reason for the agent, optional"
        value={reason}
        ref={input}
        onInput={(event) => setReason(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div class="buttons">
        <Button kind="primary" label="Reject" onClick={reject} />
        <Button
          label="Cancel"
          onClick={() => {
            chat.isRejecting.value = false;
          }}
        />
      </div>
    </div>
  );
}
