import type { Notification } from "../protocol/notifications.ts";
import { shownFolders } from "../protocol/sandbox.ts";
import { stateKeys } from "../protocol/state.ts";
import type { Row, View } from "../protocol/view.ts";
import type { Environment } from "./environment.ts";
import { type Output, troubleIn } from "./output.ts";
import { phaseLines } from "./phases.ts";
import { rowText } from "./rowText.ts";
import { runCosts } from "./runCosts.ts";
import { statusLine } from "./statusLine.ts";
import { painter, safe } from "./terminalText.ts";

export interface HumanOptions {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** The answer only; one line per action as well; or everything. */
  readonly detail: "answer" | "steps" | "all";
  readonly environment: Environment;
}

/** For people: what the agent says and does, each thing once, when nothing about it will change any more. */
export function humanOutput({ stdout, stderr, detail, environment }: HumanOptions): Output {
  const paint = painter(stdout, environment);
  const paintError = painter(stderr, environment);
  const showsSteps = detail !== "answer";
  const status = statusLine(stdout, showsSteps ? environment["TERM"] : "dumb");
  const costs = runCosts();
  const phase = phaseLines((line) => write(stderr, paintError("dim", safe(line))));
  let printed = 0;
  let owed = "";

  function write(stream: NodeJS.WritableStream, text: string): void {
    if (text === "") return;
    status.clear();
    stream.write(text);
  }

  function show(notification: Notification, view: View): void {
    phase(notification);
    if (notification.type === "llm.waiting" && showsSteps) write(stdout, paint("dim", waitText(notification)));
    const trouble = notification.type === "trouble" ? undefined : troubleIn(notification);
    if (trouble !== undefined) write(stderr, paintError("red", `${safe(trouble)}\n`));
    const reply = costs.count(view);
    if (reply !== undefined && detail === "all") owed = paint("dim", `  ${reply}\n`);
    for (let row = view.rows[printed]; row !== undefined && isComplete(row); row = view.rows[++printed]) print(row, view);
    if (isCutOff(notification) && showsSteps) write(stdout, paint("yellow", "The answer was cut off here.\n"));
    status.show(view);
  }

  function print(row: Row, view: View): void {
    const style = { paint, isVerbose: detail === "all", folders: shownFolders(view.state) };
    // What went wrong is told also to who wants to hear the answer only.
    if (row.type === "error" || (row.type === "notice" && row.reason === "stuck"))
      write(stderr, rowText(row, { ...style, paint: paintError }));
    else if (showsSteps) write(stdout, rowText(row, style));
    if (row.type !== "action" && row.type !== "agent") return;
    write(stdout, owed);
    owed = "";
  }

  return {
    begin: (view) => {
      costs.begin(view);
      const open = view.rows.findIndex((row) => !isComplete(row));
      printed = open < 0 ? view.rows.length : open;
    },
    show,
    say: (sentence) => write(stderr, `${safe(sentence)}\n`),
    end: (view) => {
      status.clear();
      // What was not done, and what waits for an answer.
      for (const row of view.rows.slice(printed)) print(row, view);
      printed = view.rows.length;
      const answer = showsSteps ? "" : answerOf(view);
      if (answer !== "") write(stdout, `${safe(answer)}\n`);
      if (showsSteps) write(stdout, `${owed}\n${paint("dim", costs.summary(view))}\n`);
    },
  };
}

function waitText({ reason, retryInMs }: Extract<Notification, { type: "llm.waiting" }>): string {
  return `  ${safe(reason)} Next try in ${Math.ceil(retryInMs / 1000)} s.\n`;
}

function isComplete(row: Row): boolean {
  return row.type !== "action" || row.result !== undefined;
}

function isCutOff(notification: Notification): boolean {
  if (notification.type !== "event.appended" || notification.event.kind !== "ConversationStateUpdateEvent") return false;
  return notification.event.key === stateKeys.incomplete;
}

/** The message of the finish call, or the model's last words since the person's; what failed has no answer. */
function answerOf({ rows, state }: View): string {
  if (state.execution_status !== "finished") return "";
  const since = rows.slice(rows.findLastIndex((row) => row.type === "user") + 1).toReversed();
  for (const row of since) {
    if (row.type === "action" && row.event.action?.kind === "FinishAction") return row.event.action.message;
  }
  const last = since.find((row) => row.type === "agent");
  return last?.text ?? "";
}
