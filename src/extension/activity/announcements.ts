import * as vscode from "vscode";
import type { Log } from "../../protocol/log.ts";
import type { Chats } from "../chat/chats.ts";
import type { Models } from "../models.ts";
import { writeSetting } from "../settings.ts";
import { type Activities, type ActivityChange, isRunning, needsPerson } from "./activities.ts";
import { titleOf } from "./titles.ts";

/**
 * One notification when a conversation that nobody sees needs the person, or has ended. It only shows the conversation: an answer is given
 * where all that it is about can be read.
 */
export class Announcements implements vscode.Disposable {
  readonly #chats: Chats;
  readonly #models: Models;
  readonly #subscription: vscode.Disposable;

  constructor(activities: Activities, { chats, models, log }: { readonly chats: Chats; readonly models: Models; readonly log: Log }) {
    this.#chats = chats;
    this.#models = models;
    this.#subscription = activities.onDidChange((change) => {
      this.#hear(change).catch((error: unknown) => log.warn("a notification did not do what it offers", { error: String(error) }));
    });
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  async #hear(change: ActivityChange): Promise<void> {
    const text = announcement(change);
    if (text === undefined || !this.#models.settings.notifications || this.#chats.isVisible(change.id)) return;
    const answer = await vscode.window.showInformationMessage(text, open, never);
    if (answer === open) await this.#chats.open(change.id);
    if (answer === never) await writeSetting("notifications", false);
  }
}

const open = "Open";
const never = "Don't Show Again";

/** What is worth a notification: a question that was not there, or the end of a run that the person has not made. */
export function announcement({ before, now }: ActivityChange): string | undefined {
  if (before === undefined || now === undefined) return undefined;
  const title = `“${titleOf(now)}”`;
  if (needsPerson(now) && !needsPerson(before)) return `${title} needs your answer.`;
  if (!isRunning(before)) return undefined;
  if (now.execution_status === "finished") return `${title} has finished.`;
  if (now.execution_status === "stuck") return `${title} makes no progress and has stopped.`;
  return now.execution_status === "error" ? `${title} has failed. What was done is kept.` : undefined;
}
