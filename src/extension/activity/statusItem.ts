import * as vscode from "vscode";
import type { Activity } from "../../protocol/summary.ts";
import { type Activities, isRunning, needsPerson } from "./activities.ts";
import { clock, millisecondsSince } from "./age.ts";
import { titleOf } from "./titles.ts";

const tickMs = 1_000;

/** One item at the left of the status bar: how long the agent has been running, or that it needs the person. Hidden when all is quiet. */
export class StatusItem implements vscode.Disposable {
  readonly #activities: Activities;
  readonly #subscriptions: vscode.Disposable[];
  #item: vscode.StatusBarItem | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(activities: Activities) {
    this.#activities = activities;
    this.#subscriptions = [activities.onDidChange(() => this.#draw())];
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#item?.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #draw(): void {
    const asking = this.#activities.all.filter(needsPerson);
    const running = this.#activities.all.filter(isRunning);
    this.#tick(running.length > 0 && asking.length === 0);
    if (asking.length > 0) return this.#show(asking, "needs you", new vscode.ThemeColor("statusBarItem.warningBackground"));
    if (running.length > 0) return this.#show(running, `running ${longest(running)}`, undefined);
    this.#item?.hide();
  }

  #show(about: readonly Activity[], words: string, background: vscode.ThemeColor | undefined): void {
    this.#item ??= newItem();
    const count = about.length > 1 ? ` (${about.length})` : "";
    this.#item.text = `$(hubot) ${words}${count}`;
    this.#item.tooltip = about.map(titleOf).join("\n");
    this.#item.backgroundColor = background;
    const isAsking = background !== undefined;
    this.#item.accessibilityInformation = { label: `OpenHands ${isAsking ? "needs you" : "is running"}: ${about.map(titleOf).join(", ")}` };
    this.#item.show();
  }

  /** A clock goes only while something runs. */
  #tick(isOn: boolean): void {
    if (isOn) this.#timer ??= setInterval(() => this.#draw(), tickMs);
    else clearInterval(this.#timer);
    if (!isOn) this.#timer = undefined;
  }
}

function newItem(): vscode.StatusBarItem {
  const item = vscode.window.createStatusBarItem("openhands.status", vscode.StatusBarAlignment.Left, 0);
  item.name = "OpenHands";
  item.command = "openhands.showActivity";
  return item;
}

function longest(running: readonly Activity[]): string {
  return clock(Math.max(...running.map(({ runStartedAt }) => millisecondsSince(runStartedAt))));
}
