import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ActionDisplay } from "../protocol/display.ts";
import type { ActionRow, View } from "../protocol/view.ts";
import { visibleText } from "../protocol/visibleText.ts";
import { approvalTitle } from "./approvalWords.ts";
import { useChat } from "./context.ts";
import { statusOf } from "./status.ts";

/** Words for a screen reader alone: one for each finished action, and the question at once. */
export function Announcer(): JSX.Element {
  const chat = useChat();
  const [spoken, speak] = useState<Sentence>(silent);
  const sentence = sentenceOf(chat.view.value, chat.displayOf);
  const question = chat.toConfirm.value;
  useEffect(() => {
    const timer = setTimeout(() => speak(sentence), quietMs);
    return () => {
      clearTimeout(timer);
    };
  }, [sentence.about, sentence.text]);
  return (
    <>
      <div class="unseen" role="status" data-part="spoken">
        <span key={spoken.about}>{spoken.text}</span>
      </div>
      <div class="unseen" aria-live="assertive">
        {question.length > 0 && `Waiting for your answer. ${approvalTitle(question, chat.folders.value)}`}
      </div>
    </>
  );
}

const quietMs = 500;

/** `about` tells two sentences of the same words apart, which would otherwise be said once. */
interface Sentence {
  readonly about: string;
  readonly text: string;
}

const silent: Sentence = { about: "", text: "" };

function sentenceOf(view: View, displayOf: (row: ActionRow) => ActionDisplay): Sentence {
  const status = statusOf(view, displayOf);
  if (status !== undefined && status.kind !== "busy" && status.kind !== "asking")
    return { about: view.state.progress.statusSince, text: status.text };
  const row = view.rows.findLast((candidate) => candidate.type === "action" && candidate.result !== undefined);
  if (row?.type !== "action") return silent;
  const { verb, target, outcome } = displayOf(row);
  return { about: row.id, text: [`${verb} ${visibleText(target)}`, outcome].filter((part) => part !== "").join(", ") };
}
