import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ActionDisplay } from "../protocol/display.ts";
import type { ActionRow, View } from "../protocol/view.ts";
import { visibleText } from "../protocol/visibleText.ts";
import { approvalTitle } from "./approvalWords.ts";
import { useChat } from "./context.ts";

/** Words for a screen reader alone: one for each finished action, and the question at once. */
export function Announcer(): JSX.Element {
  const chat = useChat();
  const [spoken, speak] = useState("");
  const sentence = sentenceOf(chat.view.value, chat.displayOf);
  const question = chat.toConfirm.value;
  useEffect(() => {
    const timer = setTimeout(() => speak(sentence), quietMs);
    return () => {
      clearTimeout(timer);
    };
  }, [sentence]);
  return (
    <>
      <div class="unseen" role="status" data-part="spoken">
        {spoken}
      </div>
      <div class="unseen" aria-live="assertive">
        {question.length > 0 && `Waiting for your answer. ${approvalTitle(question, chat.folders.value)}`}
      </div>
    </>
  );
}

const quietMs = 500;

function sentenceOf(view: View, displayOf: (row: ActionRow) => ActionDisplay): string {
  if (view.state.execution_status === "finished") return "Finished";
  if (view.state.execution_status === "error") return "Failed";
  const row = view.rows.findLast((candidate) => candidate.type === "action" && candidate.result !== undefined);
  if (row?.type !== "action") return "";
  const { verb, target, outcome } = displayOf(row);
  return [`${verb} ${visibleText(target)}`, outcome].filter((part) => part !== "").join(", ");
}
