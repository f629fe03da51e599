import * as vscode from "vscode";
import type { AgentHost } from "../../host/agentHost.ts";
import { shownName } from "../../protocol/shownName.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { ReviewedFile } from "../../runtime/workspaceCopy/review.ts";
import type { CommandMap } from "../commandMap.ts";
import type { Workspace } from "../workspace.ts";
import { openChange, openChanges, openMergeEditor, ownUri, sideUri } from "./changeEditors.ts";
import type { ChangeList, ShownChange } from "./changeList.ts";
import { ChangesTree } from "./changesTree.ts";
import { countWords, nameOf } from "./changeWords.ts";
import type { Reviews } from "./reviews.ts";
import type { SandboxTexts } from "./sandboxTexts.ts";
import type { Sandboxed } from "./shownSandbox.ts";

export interface ChangeParts {
  readonly host: Pick<AgentHost, "handle">;
  readonly workspace: Pick<Workspace, "refuseElsewhere">;
  readonly list: ChangeList;
  readonly tree: ChangesTree;
  readonly reviews: Reviews;
  readonly texts: SandboxTexts;
}

/** What is done with the changes of the sandbox in view. */
export function changeCommands(parts: ChangeParts): CommandMap {
  const { list } = parts;
  const meant = (args: readonly unknown[]): Promise<ShownChange[]> => changesOf(args, parts);
  const each =
    (work: (shown: ShownChange) => unknown) =>
    async (...args: readonly unknown[]) => {
      for (const shown of await meant(args)) await work(shown);
    };
  return {
    showSandboxChanges: () => vscode.commands.executeCommand(`${ChangesTree.id}.focus`),
    refreshChanges: () => list.refresh(),
    openAllChanges: () => openChanges(list.changes),
    applyAllChanges: () => applyAll(parts),
    discardAllChanges: () => discard(list.changes, "all", parts),
    openChange: each(openChange),
    openChangedFile: each(({ sandbox, change }) => vscode.commands.executeCommand("vscode.open", ownUri(sandbox, change.path))),
    openSandboxFile: each((shown) => vscode.commands.executeCommand("vscode.open", sideUri(shown, "sandbox"))),
    mergeChange: each(merge),
    applyChange: async (...args) => apply(await meant(args), parts),
    discardChange: async (...args) => discard(await meant(args), "some", parts),
    copyChangePath: async (...args) => vscode.env.clipboard.writeText((await meant(args)).map(({ change }) => change.path).join("\n")),
  };
}

/** A menu gives the row and all that are selected; the inline button only its row. Rejects with a sentence for what is no change any more. */
async function changesOf([row, selected]: readonly unknown[], { list, tree }: ChangeParts): Promise<ShownChange[]> {
  if (list.known.type !== "listed") await list.refresh();
  const all: readonly unknown[] = Array.isArray(selected) ? selected : [];
  const given = [row, ...all].flatMap(pathOf);
  const paths = new Set(given.length > 0 ? given : tree.view.selection.flatMap(pathOf));
  const found = list.changes.filter(({ change }) => paths.has(change.path));
  const [path] = paths;
  if (found.length > 0 || path === undefined) return found;
  throw new Error(list.known.type === "failed" ? list.known.why : `${shownName(path)} is as it was copied, so there is no change of it.`);
}

function pathOf(row: unknown): string[] {
  const change: unknown = typeof row === "object" && row !== null && "change" in row ? row.change : undefined;
  return typeof change === "object" && change !== null && "path" in change && typeof change.path === "string" ? [change.path] : [];
}

async function apply(meant: readonly ShownChange[], parts: ChangeParts): Promise<void> {
  const [first] = meant;
  if (first === undefined) return;
  const watched = meant.filter(({ change }) => change.isProtected).map(({ change }) => shownName(change.path));
  if (watched.length > 0) {
    const question = watched.length === 1 ? `Apply ${watched[0]}?` : `Apply ${watched.length} protected files?`;
    const detail = `VS Code or another program runs or obeys ${watched.length === 1 ? "it" : `them: ${watched.join(", ")}`}. Look at the diff first.`;
    if (!(await isSure(question, detail, "Apply"))) return;
  }
  if (!(await isSureToDelete(meant))) return;
  await applyPaths(
    first.sandbox,
    meant.map(({ change }) => change.path),
    parts,
  );
}

async function applyAll(parts: ChangeParts): Promise<void> {
  const { sandbox } = parts.list;
  if (sandbox === undefined || parts.list.changes.length === 0) throw new Error("The sandbox has changed no files.");
  if (!(await isSureToDelete(parts.list.changes))) return;
  await applyPaths(sandbox, "all", parts);
}

/** Few are undone by hand. */
const mostUnasked = 9;

async function isSureToDelete(meant: readonly ShownChange[]): Promise<boolean> {
  const gone = meant.filter(({ change: { kind, standing } }) => kind === "deleted" && standing === "clean");
  if (gone.length <= mostUnasked) return true;
  const named = gone.slice(0, 5).map(({ change }) => shownName(change.path));
  const detail = `They are removed from your folder: ${named.join(", ")} and ${gone.length - named.length} more.`;
  return isSure(`Apply, and delete ${countWords(gone.length)} of yours?`, detail, "Apply and Delete");
}

async function applyPaths({ id, state }: Sandboxed, paths: readonly string[] | "all", parts: ChangeParts): Promise<void> {
  parts.workspace.refuseElsewhere(state.working_dir);
  const done = await during(parts, () => parts.reviews.use(id, (review, signal) => review.apply(paths, signal)));
  const merged = done.filter(({ outcome }) => outcome === "merged").length;
  const applied = done.filter(({ outcome }) => outcome === "applied").length + merged;
  if (applied > 0) {
    const also = merged === 0 ? "" : `, ${merged === 1 ? "1" : merged} put together with your changes`;
    vscode.window.setStatusBarMessage(`$(check) Applied ${countWords(applied)}${also}`, 8_000);
  }
  tellRefused(done);
}

/** Because there is no way back. */
async function discard(meant: readonly ShownChange[], which: "all" | "some", parts: ChangeParts): Promise<void> {
  const [first] = meant;
  if (first === undefined) return;
  const paths = meant.map(({ change }) => change.path);
  const what =
    which === "all"
      ? "all changes of the sandbox"
      : paths.length === 1
        ? `the sandbox's change of ${nameOf(first.change.path)}`
        : `the sandbox's changes of ${countWords(paths.length)}`;
  if (!(await isSure(`Discard ${what}?`, "In the sandbox it is again as it was copied. This cannot be undone.", "Discard"))) return;
  await discardPaths(first.sandbox, which === "all" ? "all" : paths, parts);
}

async function discardPaths({ id }: Sandboxed, paths: readonly string[] | "all", parts: ChangeParts): Promise<void> {
  const done = await during(parts, () => parts.reviews.use(id, (review, signal) => review.discard(paths, signal)));
  tellRefused(done);
  const back = done.flatMap(({ outcome, path }) => (outcome === "discarded" ? [path] : []));
  if (back.length === 0) return;
  const text = `NOTE: the person has discarded your changes of ${back.join(", ")}. In the sandbox that is again as it was when the workspace was copied.`;
  try {
    await parts.host.handle({ type: "note.add", conversationId: id, text });
  } catch (error) {
    throw new Error(`${countWords(back.length)} discarded, but the agent cannot be told. ${messageOf(error)}`, { cause: error });
  }
}

/** With progress in the view; then the list and what is open of it are as they are now. */
async function during<Result>({ list, texts }: Pick<ChangeParts, "list" | "texts">, work: () => Promise<Result>): Promise<Result> {
  try {
    return await vscode.window.withProgress({ location: { viewId: ChangesTree.id } }, work);
  } finally {
    await list.refresh();
    if (list.sandbox) texts.refresh(list.sandbox.id, new Set(list.changes.map(({ change }) => change.path)));
  }
}

function tellRefused(done: readonly ReviewedFile[]): void {
  const refused = done.filter(({ outcome }) => outcome === "refused");
  const [first] = refused;
  if (first === undefined) return;
  const reasons = refused.slice(0, 5).map(({ path, reason }) => `${shownName(path)}: ${reason ?? "refused"}`);
  const more = refused.length > 5 ? ` And ${refused.length - 5} more.` : "";
  const words =
    refused.length === 1
      ? `${shownName(first.path)} stays as it is. ${first.reason ?? ""}`
      : `${countWords(refused.length)} stay as they are. ${reasons.join(" ")}${more}`;
  void vscode.window.showWarningMessage(words.trim());
}

async function merge(shown: ShownChange): Promise<void> {
  try {
    await openMergeEditor(shown);
  } catch {
    // Because the merge editor is VS Code's own and may be another one some day.
    await openChange(shown);
    void vscode.window.showInformationMessage(
      `Resolve ${nameOf(shown.change.path)} by hand: take what you want of the right side into your file, and save it. Then discard the sandbox's change.`,
    );
  }
}

async function isSure(question: string, detail: string, yes: string): Promise<boolean> {
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, yes)) === yes;
}
