import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline/promises";
import type { Host } from "../host/host.ts";
import { displayAction } from "../protocol/display.ts";
import { ConversationId } from "../protocol/ids.ts";
import type { ConversationStart } from "../protocol/state.ts";
import { actionsToConfirm, initialView, type Row, reduceView, type View } from "../protocol/view.ts";
import type { Output } from "./output.ts";
import { exitCodes } from "./usage.ts";

export interface Task {
  readonly text: string;
  readonly start: Omit<ConversationStart, "id">;
  readonly output: Output;
  /** Aborts when the person wants it to stop. */
  readonly stop: AbortSignal;
  readonly canAsk: boolean;
}

/** Does one task in a new conversation, asking on the terminal where that is allowed; the exit code says how it ended. */
export async function doTask(host: Host, task: Task): Promise<number> {
  const conversationId = ConversationId.parse(randomUUID());
  await host.handle({ type: "conversation.create", start: { id: conversationId, ...task.start } });
  let view = initialView;
  using _subscription = await host.subscribe(conversationId, -1, (notification) => {
    view = reduceView(view, notification);
    task.output.show(notification);
  });
  const interrupt = (): void => void host.handle({ type: "run.interrupt", conversationId }).catch(() => undefined);
  task.stop.addEventListener("abort", interrupt, { once: true });
  // A stop that came before anybody listened for it would otherwise be lost.
  if (!task.stop.aborted) await host.handle({ type: "message.send", conversationId, text: task.text });
  await host.settled(conversationId);
  while (actionsToConfirm(view).length > 0 && !task.stop.aborted) {
    if (!task.canAsk) break;
    await answer(host, conversationId, view, task.stop);
    await host.settled(conversationId);
  }
  task.stop.removeEventListener("abort", interrupt);
  task.output.end();
  return exitCodeOf(view, task);
}

async function answer(host: Host, conversationId: ConversationId, view: View, stop: AbortSignal): Promise<void> {
  const actions = actionsToConfirm(view);
  for (const event of actions) {
    const { verb, target } = displayAction({ event }, view.state.working_dir ?? "");
    process.stderr.write(`\n  ${verb} ${JSON.stringify(target)}\n`);
  }
  const reply = await question("Allow? [y]es, [n]o, or a reason for the agent: ", stop);
  const accept = /^y(es)?$/i.test(reply.trim());
  const reason = accept || /^n?o?$/i.test(reply.trim()) ? undefined : reply.trim();
  if (stop.aborted) return;
  await host.handle({
    type: "confirmation.respond",
    conversationId,
    accept,
    actionIds: actions.map((action) => action.id),
    ...(reason === undefined ? {} : { reason }),
  });
}

async function question(prompt: string, stop: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // Because while a line is edited, Ctrl-C is a key like any other.
  lines.on("SIGINT", () => process.emit("SIGINT"));
  try {
    return await lines.question(prompt, { signal: stop });
  } catch {
    // Stopped while it asked, or the input has ended: either way nobody said yes.
    return "";
  } finally {
    lines.close();
  }
}

function exitCodeOf(view: View, { output, stop, canAsk }: Task): number {
  const last = view.rows.at(-1);
  if (stop.aborted) {
    output.say("Interrupted. What was done so far is kept.");
    return exitCodes.interrupted;
  }
  switch (view.state.execution_status) {
    case "finished":
      return exitCodes.finished;
    case "waiting_for_confirmation":
      output.say(
        `${canAsk ? "" : "The agent needs your confirmation, and there is no terminal to ask on. "}Run it on a terminal, or pass --confirm never.`,
      );
      return exitCodes.unanswered;
    case "error":
      return last?.type === "error" ? exitCodeOfError(last) : exitCodes.failed;
    default:
      // Rejected without a reason: the agent waits for a word that cannot come here.
      output.say("You did not allow it, so the agent stopped. What was done so far is kept.");
      return exitCodes.failed;
  }
}

/** A key, an address or a model that is refused is for the person to set right. */
function exitCodeOfError({ code, classification }: Extract<Row, { type: "error" }>): number {
  if (code === "MaxIterationsReached") return exitCodes.limit;
  return classification.kind === "auth" || classification.kind === "config" ? exitCodes.usage : exitCodes.failed;
}
