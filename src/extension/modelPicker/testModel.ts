import * as vscode from "vscode";
import type { Llm } from "../../llm/llm.ts";
import { type CheckName, type CheckStep, checkModel } from "../../llm/modelCheck.ts";
import type { LlmRef } from "../../protocol/state.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { AddParts } from "./addModel.ts";

export interface TestParts extends AddParts {
  /** As conversations open it, but that the demo has no folder. */
  readonly openLlm: (ref: LlmRef) => Promise<Llm>;
}

/** Asks the model small questions and shows what comes of them, in a list that ends the test when it is closed; Enter shows a result whole. */
export async function testModel({ openLlm }: TestParts, ref: LlmRef): Promise<void> {
  const pick = vscode.window.createQuickPick<ResultItem>();
  Object.assign(pick, { title: `Test of ${ref.model}`, placeholder: "Esc ends the test", busy: true, ignoreFocusOut: true });
  const closed = new AbortController();
  const hidden = Promise.withResolvers<void>();
  pick.onDidHide(() => {
    closed.abort();
    hidden.resolve();
  });
  const steps = new Map<CheckName, CheckStep>();
  const show = (): void => {
    pick.items = names.map((name) => itemOf(name, steps.get(name)));
  };
  pick.onDidAccept(() => {
    const [item] = pick.activeItems;
    if (item) void vscode.window.showInformationMessage(item.label, { modal: true, detail: item.detail });
  });
  show();
  pick.show();
  try {
    for await (const step of checkModel(await openLlm(ref), closed.signal)) {
      steps.set(step.name, step);
      show();
    }
    pick.placeholder = sumOf([...steps.values()]);
  } catch (error) {
    if (!closed.signal.aborted) pick.items = [{ label: "The model cannot be asked", detail: messageOf(error), iconPath: icons.failed }];
  }
  pick.busy = false;
  await hidden.promise;
  pick.dispose();
}

interface ResultItem extends vscode.QuickPickItem {
  readonly detail: string;
}

const names: readonly CheckName[] = ["streaming", "tools", "images", "context", "price"];

const titles: Readonly<Record<CheckName, string>> = {
  streaming: "Streaming",
  tools: "Tool calls",
  images: "Images",
  context: "Context window",
  price: "Price",
};

const icons: Readonly<Record<CheckStep["outcome"], vscode.ThemeIcon>> = {
  running: new vscode.ThemeIcon("loading~spin"),
  passed: new vscode.ThemeIcon("pass", new vscode.ThemeColor("testing.iconPassed")),
  limited: new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground")),
  failed: new vscode.ThemeIcon("error", new vscode.ThemeColor("testing.iconFailed")),
  unknown: new vscode.ThemeIcon("question"),
};

function itemOf(name: CheckName, step: CheckStep | undefined): ResultItem {
  const iconPath = step === undefined ? new vscode.ThemeIcon("circle-outline") : icons[step.outcome];
  const detail = step === undefined ? "Not yet asked" : step.outcome === "running" ? "Asking…" : step.detail;
  return { label: titles[name], detail, iconPath, alwaysShow: true };
}

/** What it means for the agent. */
function sumOf(steps: readonly CheckStep[]): string {
  const outcomes = new Map(steps.map(({ name, outcome }) => [name, outcome]));
  if (outcomes.get("streaming") === "unknown" || outcomes.get("tools") === "unknown")
    return "It could not be asked now. Enter shows a line whole.";
  const failed = steps.filter(({ outcome }) => outcome === "failed").map(({ name }) => titles[name].toLowerCase());
  if (failed.length > 0) return `Failed: ${failed.join(", ")}. The agent cannot work with this model as it is.`;
  const isWhole = steps.every(({ outcome }) => outcome === "passed");
  return isWhole ? "Everything works." : "The agent can work with this model; what is marked is missing or not known.";
}
