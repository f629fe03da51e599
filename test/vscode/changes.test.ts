import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import * as vscode from "vscode";
import { windowFiles } from "../../src/extension/localRuntime/windowFiles.ts";
import { changeCommands } from "../../src/extension/sandboxes/changeCommands.ts";
import { ChangeList } from "../../src/extension/sandboxes/changeList.ts";
import { ChangesTree } from "../../src/extension/sandboxes/changesTree.ts";
import { Reviews } from "../../src/extension/sandboxes/reviews.ts";
import { SandboxTexts } from "../../src/extension/sandboxes/sandboxTexts.ts";
import type { Sandboxed } from "../../src/extension/sandboxes/shownSandbox.ts";
import { until } from "../support/until.ts";
import { newId, tempFolder } from "../support/workspaces.ts";
import { closeEditors, log } from "./localRuntimes.ts";
import { folderReview } from "./sandboxes.ts";

interface Window extends AsyncDisposable {
  readonly tree: ChangesTree;
  readonly list: ChangeList;
  readonly own: string;
  readonly sandbox: string;
  run(command: string, path?: string): Promise<void>;
}

const base = { "src/date.js": "one\n", "src/gone.js": "gone\n", "both.txt": "before\n" };

/** A window that shows what a sandbox has changed: one file of each kind. */
async function windowWithChanges(): Promise<Window> {
  const stack = new AsyncDisposableStack();
  const own = stack.use(await tempFolder({ ...base, "both.txt": "mine\n" })).path;
  const changed = { "src/date.js": "two\n", "both.txt": "theirs\n", "new.md": "# New\n", "logo.png": Buffer.of(1, 0, 2) };
  const sandbox = stack.use(await tempFolder(changed)).path;
  const changedNow = new vscode.EventEmitter<void>();
  const never = new vscode.EventEmitter<never>();
  const ref = { kind: "docker", image: "", network: "none", workspace: "copy" } as const;
  const current: Sandboxed = { id: newId(), ref, state: { working_dir: own, runtime: ref } };
  const review = folderReview({ own, sandbox, base, ownFiles: windowFiles() });
  const reviews = stack.adopt(new Reviews({ review: async () => review, onDidChange: never.event }), (one) => one.dispose());
  const shown = { current, onDidChange: changedNow.event, dispose: () => undefined };
  const list = stack.adopt(new ChangeList({ shown, reviews, sandboxes: { running: () => ref }, log }), (one) => one.dispose());
  const texts = stack.adopt(new SandboxTexts(reviews), (one) => one.dispose());
  const tree = stack.adopt(new ChangesTree(list), (one) => one.dispose());
  const workspace = { refuseElsewhere: () => undefined };
  const commands = changeCommands({ host: { handle: async () => undefined }, workspace, list, tree, reviews, texts });
  stack.defer(closeEditors);
  await list.refresh();
  const run = async (name: string, file?: string): Promise<void> =>
    void (await commands[name]?.(file === undefined ? undefined : { change: { path: file } }));
  return { tree, list, own, sandbox, run, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const rowsOf = async (tree: ChangesTree): Promise<string[]> =>
  (await tree.getChildren()).map((row) => {
    const { label = "", description, resourceUri } = tree.getTreeItem(row);
    const letter = resourceUri === undefined ? "" : tree.provideFileDecoration(resourceUri)?.badge;
    return `${letter} ${typeof label === "string" ? label : label.label} ${String(description)}`.trim();
  });

const shownTab = (): string => {
  const { activeTab } = vscode.window.tabGroups.activeTabGroup;
  const { input } = activeTab ?? {};
  return input instanceof vscode.TabInputTextDiff
    ? `${input.original.scheme} ${input.modified.scheme} ${activeTab?.label}`
    : `${activeTab?.label}`;
};

describe("the changes of a sandbox", () => {
  it("are listed as VS Code lists those of a repository, with how they meet the person's files, and counted", async () => {
    await using window = await windowWithChanges();
    assert.deepEqual(await rowsOf(window.tree), [
      "! both.txt conflict · you changed it too",
      "A logo.png binary",
      "A new.md",
      "M date.js src",
      "D gone.js src",
    ]);
    assert.deepEqual([window.tree.view.badge?.value, window.tree.view.description, window.tree.view.message], [5, "5 files", ""]);
  });

  it("are shown as a diff with the person's file, which applying changes also where it is open, and nothing else", async () => {
    await using window = await windowWithChanges();
    const file = path.join(window.own, "src", "date.js");
    await window.run("openChange", "src/date.js");
    assert.equal(shownTab(), "file openhands-sandbox date.js (sandbox)");
    const right = vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === "openhands-sandbox");
    assert.equal(right?.getText(), "two\n");
    await window.run("applyChange", "src/date.js");
    assert.equal(await readFile(file, "utf8"), "two\n");
    await until(
      "the editor to have it",
      async () => vscode.workspace.textDocuments.find(({ uri }) => uri.fsPath === file)?.getText() === "two\n",
    );
    assert.equal((await rowsOf(window.tree)).includes("M date.js src · same as yours"), true);
    assert.equal(window.tree.view.badge?.value, 4);

    await window.run("openChange", "new.md");
    assert.equal(shownTab(), "openhands-sandbox openhands-sandbox new.md (sandbox)");
    await window.run("openChange", "src/gone.js");
    assert.equal(shownTab(), "file openhands-sandbox gone.js (sandbox)");
  });

  it("that the person has changed too are never written over; both versions are shown to be put together", async () => {
    await using window = await windowWithChanges();
    await window.run("applyChange", "both.txt");
    assert.equal(await readFile(path.join(window.own, "both.txt"), "utf8"), "mine\n");
    await window.run("mergeChange", "both.txt");
    await until("the merge editor", async () => shownTab().includes("both.txt"));
    assert.equal(await readFile(path.join(window.own, "both.txt"), "utf8"), "mine\n");
  });

  it("are looked at anew, and a change that has gone is no mistake", async () => {
    await using window = await windowWithChanges();
    await writeFile(path.join(window.sandbox, "src", "date.js"), base["src/date.js"]);
    await window.run("refreshChanges");
    assert.equal(
      (await rowsOf(window.tree)).some((row) => row.includes("date.js")),
      false,
    );
    await assert.rejects(() => window.run("applyChange", "src/date.js"), /is as it was copied/);
  });
});
