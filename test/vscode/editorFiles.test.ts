import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import { openLocalRuntime, ripgrepPrograms } from "../../src/extension/localRuntime/localRuntime.ts";
import { ConversationId } from "../../src/protocol/ids.ts";
import type { Log } from "../../src/protocol/log.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";

const log: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const { signal } = new AbortController();

describe("LocalRuntime's files", () => {
  let folder = "";
  let file = "";
  let runtime: Runtime;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "openhands-files-"));
    file = path.join(folder, "note.txt");
    await writeFile(file, "one\ntwo\n");
    const conversationId = ConversationId.parse("00000000-0000-4000-8000-000000000000");
    runtime = await openLocalRuntime({ workingDir: folder, conversationId, log });
  });

  afterEach(async () => {
    await runtime[Symbol.asyncDispose]();
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    await rm(folder, { recursive: true, force: true });
  });

  const open = async (): Promise<vscode.TextDocument> => {
    const document = await vscode.workspace.openTextDocument(file);
    await vscode.window.showTextDocument(document);
    return document;
  };
  const write = async (text: string): Promise<void> => {
    const { version } = await runtime.files.read(file, { maxBytes: 1000, signal });
    await runtime.files.write(file, Buffer.from(text), { expected: version, signal });
  };

  it("edits an open document in the editor and saves it, and one undo brings the old text back", async () => {
    const document = await open();
    await write("one\nTWO\n");
    assert.deepEqual([document.getText(), document.isDirty, await readFile(file, "utf8")], ["one\nTWO\n", false, "one\nTWO\n"]);
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), "one\ntwo\n");
  });

  it("reads what is typed and not saved, and refuses a write that does not know of it", async () => {
    const document = await open();
    const { version } = await runtime.files.read(file, { maxBytes: 1000, signal });
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 0), "typed ");
    await vscode.workspace.applyEdit(edit);

    const { bytes } = await runtime.files.read(file, { maxBytes: 1000, signal });
    assert.equal(Buffer.from(bytes).toString(), "typed one\ntwo\n");
    await assert.rejects(runtime.files.write(file, Buffer.from("lost"), { expected: version, signal }), { code: "changed" });
    assert.deepEqual([document.getText(), await readFile(file, "utf8")], ["typed one\ntwo\n", "one\ntwo\n"]);
  });

  it("FF-02 FF-03 keeps mixed line ends and an encoding that the editor has mistaken, in a file that is open", async () => {
    for (const [before, after] of [
      [Buffer.from("one\r\ntwo\nthree\r\n"), Buffer.from("one\r\nTWO\nthree\r\n")],
      [Buffer.from("gr\xfc\xdfe\n", "latin1"), Buffer.from("Gr\xfc\xdfe\n", "latin1")],
    ] as const) {
      await writeFile(file, before);
      await open();
      const { version } = await runtime.files.read(file, { maxBytes: 1000, signal });
      await runtime.files.write(file, after, { expected: version, signal });
      assert.deepEqual(await readFile(file), after);
      await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    }
  });

  it("FF-07 neither reads nor writes a notebook that has unsaved changes", async () => {
    const notebook = path.join(folder, "note.ipynb");
    await writeFile(notebook, JSON.stringify({ cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 }));
    const document = await vscode.workspace.openNotebookDocument(vscode.Uri.file(notebook));
    await vscode.window.showNotebookDocument(document);
    const edit = new vscode.WorkspaceEdit();
    const cell = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, "1 + 1", "python");
    edit.set(document.uri, [vscode.NotebookEdit.insertCells(0, [cell])]);
    await vscode.workspace.applyEdit(edit);
    await assert.rejects(runtime.files.read(notebook, { maxBytes: 10_000, signal }), /not saved/);
    await assert.rejects(runtime.files.write(notebook, Buffer.from("{}"), { expected: "absent", signal }), /not saved/);
  });

  it("searches, and VS Code's own ripgrep is where it is looked for", async () => {
    assert.ok(ripgrepPrograms().some((program) => existsSync(program)));
    const { files } = await runtime.search.grep({ pattern: "TWO", path: folder }, signal);
    assert.deepEqual(files, [{ path: file, lines: [{ number: 2, text: "two" }] }]);
  });

  it("writes a file that no editor shows in one step, and keeps that it is executable", async () => {
    await writeFile(file, "#!/bin/sh\n", { mode: 0o755 });
    await rm(file);
    await writeFile(file, "#!/bin/sh\n", { mode: 0o755 });
    await write("#!/bin/sh\necho hi\n");
    assert.deepEqual([await readFile(file, "utf8"), (await stat(file)).mode & 0o777], ["#!/bin/sh\necho hi\n", 0o755]);
  });
});
