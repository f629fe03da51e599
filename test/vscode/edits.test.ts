import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import * as vscode from "vscode";
import { ConversationStore } from "../../src/conversation/store.ts";
import { Edits } from "../../src/extension/edits/edits.ts";
import { windowFiles } from "../../src/extension/localRuntime/windowFiles.ts";
import { Reviews } from "../../src/extension/sandboxes/reviews.ts";
import { Host } from "../../src/host/host.ts";
import type { ConversationId, EventId } from "../../src/protocol/ids.ts";
import { openMachineRuntime } from "../../src/runtime/machine/machineRuntime.ts";
import { call, edit, finish, playedLlm } from "../support/scripts.ts";
import { newId, quietLog, startOf, tempFolder } from "../support/workspaces.ts";
import { noSandboxes } from "./sandboxes.ts";

interface Story extends AsyncDisposable {
  readonly edits: Edits;
  readonly id: ConversationId;
  readonly folder: string;
  /** The edits of the conversation, oldest first. */
  readonly actions: readonly EventId[];
}

/** A conversation whose agent has changed a.txt, twice, and created b.txt. */
async function story(): Promise<Story> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder({ "a.txt": "one\n" })).path;
  const logs = stack.use(await tempFolder()).path;
  const [a, b] = [path.join(folder, "a.txt"), path.join(folder, "b.txt")];
  const llm = playedLlm([
    call(edit("str_replace", a, { old_str: "one", new_str: "two" })),
    call(edit("str_replace", a, { old_str: "two", new_str: "three" })),
    call(edit("create", b, { file_text: "new\n" })),
    call(finish("Done.")),
  ]);
  const host = stack.use(
    new Host({
      store: new ConversationStore(logs),
      openLlm: async () => llm,
      openRuntime: async () => openMachineRuntime({ workingDir: folder, wall: "test", pty: "none", ripgrep: "none" }),
      log: quietLog,
    }),
  );
  const id = newId();
  await host.handle({ type: "conversation.create", start: startOf({ id, working_dir: folder }) });
  await host.handle({ type: "message.send", conversationId: id, text: "Edit." });
  await host.settled(id);
  const { events } = await host.page(id, { limit: 100 });
  const actions = events.flatMap((event) => (event.kind === "ActionEvent" && event.tool_name === "file_editor" ? event.id : []));
  const edits = new Edits(host, windowFiles(), new Reviews(noSandboxes));
  stack.defer(() => edits.dispose());
  stack.defer(async () => void (await vscode.commands.executeCommand("workbench.action.closeAllEditors")));
  return { edits, id, folder, actions, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const shownDiff = (): readonly string[] => {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputTextDiff ? [input.original.scheme, input.modified.scheme] : [];
};

describe("the agent's edits in the editor", () => {
  it("are taken back one by one, the last one first, in the editor where the file is open; a created file goes", async () => {
    await using it = await story();
    const [first, second, created] = it.actions;
    assert.ok(first && second && created);
    const file = path.join(it.folder, "a.txt");
    const changed = new Set<string>();
    it.edits.onDidChangeFile((at) => changed.add(path.basename(at)));
    const document = await vscode.workspace.openTextDocument(file);
    await vscode.window.showTextDocument(document);

    await assert.rejects(
      it.edits.revert(it.id, first, vscode.ViewColumn.Active),
      /a\.txt has changed since this edit, so it was not taken back/,
    );
    assert.deepEqual(shownDiff(), ["openhands-after", "file"]);
    await it.edits.revert(it.id, second, vscode.ViewColumn.Active);
    assert.deepEqual([document.getText(), document.isDirty, await readFile(file, "utf8")], ["two\n", false, "two\n"]);
    await it.edits.revert(it.id, first, vscode.ViewColumn.Active);
    assert.equal(await readFile(file, "utf8"), "one\n");
    await assert.rejects(it.edits.revert(it.id, first, vscode.ViewColumn.Active), /is as it was before this edit already/);
    await it.edits.revert(it.id, created, vscode.ViewColumn.Active);
    await assert.rejects(readFile(path.join(it.folder, "b.txt")), { code: "ENOENT" });
    await assert.rejects(it.edits.review(it.id), /changed no files by edits/);
    assert.deepEqual([...changed], ["a.txt", "b.txt"]);
  });

  it("are shown against what was before: by the file itself while it is what the edit made of it, else by the log", async () => {
    await using it = await story();
    const [first, second] = it.actions;
    assert.ok(first && second);
    await it.edits.diff(it.id, second, vscode.ViewColumn.Active);
    assert.deepEqual(shownDiff(), ["openhands-before", "file"]);
    await it.edits.diff(it.id, first, vscode.ViewColumn.Active);
    assert.deepEqual(shownDiff(), ["openhands-before", "openhands-after"]);
    await writeFile(path.join(it.folder, "a.txt"), Buffer.from([0, 1, 2]));
    await assert.rejects(it.edits.revert(it.id, second, vscode.ViewColumn.Active), /has changed since this edit/);
    await it.edits.review(it.id);
    assert.equal(vscode.window.tabGroups.activeTabGroup.activeTab?.label.startsWith("Changes: "), true);
  });
});
