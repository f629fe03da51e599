import type { AgentHost } from "../host/agentHost.ts";
import type { Command } from "../protocol/commands.ts";
import type { ConversationId } from "../protocol/ids.ts";
import { shownFolders } from "../protocol/sandbox.ts";
import { actionsToConfirm, initialView, reduceView, type View } from "../protocol/view.ts";
import type { Output } from "./output.ts";
import { askPerson } from "./question.ts";
import { UsageError } from "./usage.ts";

export interface Task {
  readonly conversationId: ConversationId;
  /** What makes the agent begin, given what is there already. May reject: then nothing has begun. */
  readonly commands: (before: View) => Promise<readonly Command[]>;
  /** Whether what is there already is shown, too. */
  readonly isNew: boolean;
  readonly output: Output;
  /** Aborts when the person wants it to stop. */
  readonly stop: AbortSignal;
  readonly canAsk: boolean;
}

/** Does one task in an open conversation, asking on the terminal where that is allowed; resolves with how it all stands then. */
export async function doTask(host: AgentHost, task: Task): Promise<View> {
  const { conversationId, output, stop } = task;
  let view = initialView;
  let refusal: string | undefined;
  let isShown = task.isNew;
  if (isShown) output.begin(view);
  using _subscription = await host.subscribe(conversationId, -1, (notification) => {
    view = reduceView(view, notification);
    if (notification.type === "access.changed") refusal = notification.access === "read" ? notification.message : undefined;
    if (isShown) output.show(notification, view);
  });
  if (!isShown) output.begin(view);
  isShown = true;
  if (refusal !== undefined) throw new UsageError(refusal);
  const commands = await task.commands(view);
  using interrupting = interruptWhen(stop, host, conversationId);
  for (const command of commands) {
    // A stop that came before anybody listened for it would otherwise be lost.
    if (!stop.aborted) await host.handle(command);
  }
  await host.settled(conversationId);
  while (task.canAsk && !stop.aborted && actionsToConfirm(view).length > 0) {
    await ask(host, task, view);
    await host.settled(conversationId);
  }
  await interrupting.done();
  output.end(view);
  return view;
}

async function ask(host: AgentHost, { conversationId, stop }: Task, view: View): Promise<void> {
  const actions = actionsToConfirm(view);
  const { confirmation_policy: policy } = view.state;
  const answer = await askPerson({ actions, policy, folders: shownFolders(view.state) }, stop);
  if (answer === undefined) return;
  await host.handle({ type: "confirmation.respond", conversationId, actionIds: actions.map(({ id }) => id), ...answer });
}

interface Interrupting extends Disposable {
  /** Resolves when what was asked for has been done. */
  done(): Promise<void>;
}

function interruptWhen(stop: AbortSignal, host: AgentHost, conversationId: ConversationId): Interrupting {
  let under: Promise<void> = Promise.resolve();
  const interrupt = (): void => {
    // What cannot be written any more has been told as trouble.
    under = host.handle({ type: "run.interrupt", conversationId }).catch(() => undefined);
  };
  stop.addEventListener("abort", interrupt, { once: true });
  return { done: () => under, [Symbol.dispose]: () => stop.removeEventListener("abort", interrupt) };
}
