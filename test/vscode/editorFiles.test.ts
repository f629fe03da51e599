import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import { ripgrepPrograms } from "../../src/extension/localRuntime/localRuntime.ts";
import type { SearchResult, WrittenFile } from "../../src/protocol/runtime.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { until } from "../support/until.ts";
import { closeEditors, localRuntime, setting } from "./localRuntimes.ts";

const { signal } = new AbortController();

describe("LocalRuntime's files", () => {
  let folder = "";
  let file = "";
  let runtime: Runtime;
  let autoSave: AsyncDisposable;

  // In a browser, VS Code saves by itself unless it is told otherwise.
  before(async () => {
    autoSave = await setting("files.autoSave", "off");
  });
  after(() => autoSave[Symbol.asyncDispose]());

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "openhands-files-"));
    file = path.join(folder, "note.txt");
    await writeFile(file, "one\ntwo\n");
    runtime = await localRuntime(folder);
  });

  afterEach(async () => {
    await runtime[Symbol.asyncDispose]();
    await closeEditors();
    await rm(folder, { recursive: true, force: true });
  });

  const open = async (): Promise<vscode.TextDocument> => {
    const document = await vscode.workspace.openTextDocument(file);
    await vscode.window.showTextDocument(document);
    return document;
  };
  const read = async (): Promise<string> => Buffer.from((await runtime.files.read(file, { maxBytes: 1000, signal })).bytes).toString();
  const write = async (text: string): Promise<WrittenFile> => {
    const { version } = await runtime.files.read(file, { maxBytes: 1000, signal });
    return runtime.files.write(file, Buffer.from(text), { expected: version, signal });
  };
  const type = async (document: vscode.TextDocument, text: string): Promise<void> => {
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 0), text);
    await vscode.workspace.applyEdit(edit);
  };

  it("edits an open document in the editor and saves it, and one undo brings the old text back", async () => {
    const document = await open();
    await write("one\nTWO\n");
    assert.deepEqual([document.getText(), document.isDirty, await readFile(file, "utf8")], ["one\nTWO\n", false, "one\nTWO\n"]);
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), "one\ntwo\n");
  });

  it("FF-06 reads what is typed and not saved, and refuses a write that does not know of it", async () => {
    const document = await open();
    const { version } = await runtime.files.read(file, { maxBytes: 1000, signal });
    await type(document, "typed ");

    assert.equal(await read(), "typed one\ntwo\n");
    await assert.rejects(runtime.files.write(file, Buffer.from("lost"), { expected: version, signal }), { code: "changed" });
    assert.deepEqual([document.getText(), await readFile(file, "utf8")], ["typed one\ntwo\n", "one\ntwo\n"]);
  });

  it("FF-06 edits what is typed and leaves the saving to the person, which it tells", async () => {
    const document = await open();
    await type(document, "typed ");
    const { notes } = await write("typed one\nTWO\n");
    assert.match(String(notes), /is not saved: commands still find the old file/);
    assert.deepEqual([document.getText(), document.isDirty, await readFile(file, "utf8")], ["typed one\nTWO\n", true, "one\ntwo\n"]);
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), "typed one\ntwo\n");
  });

  it("FF-06 saves what is typed, too, where the person lets VS Code save by itself", async () => {
    await using _setting = await setting("files.autoSave", "afterDelay");
    await using _delay = await setting("files.autoSaveDelay", 60_000);
    const document = await open();
    await type(document, "typed ");
    assert.equal((await write("typed one\nTWO\n")).notes, undefined);
    assert.deepEqual([document.isDirty, await readFile(file, "utf8")], [false, "typed one\nTWO\n"]);
  });

  it("FF-06 finds unsaved changes under another name of the file", async () => {
    const link = path.join(folder, "link.txt");
    await symlink(file, link);
    const document = await open();
    await type(document, "typed ");
    const { bytes, version } = await runtime.files.read(link, { maxBytes: 1000, signal });
    assert.equal(Buffer.from(bytes).toString(), "typed one\ntwo\n");
    await runtime.files.write(link, Buffer.from("typed one\nTWO\n"), { expected: version, signal });
    assert.deepEqual([document.getText(), await readFile(file, "utf8")], ["typed one\nTWO\n", "one\ntwo\n"]);
  });

  it("replaces only the lines that differ, so that the cursor stays where the person has put it", async () => {
    await writeFile(file, "one\ntwo\nthree\nfour\n");
    await open();
    const editor = vscode.window.activeTextEditor;
    assert.ok(editor);
    editor.selection = new vscode.Selection(3, 2, 3, 2);
    await write("ONE\nmore\ntwo\nthree\nfour\n");
    assert.equal(editor.document.getText(), "ONE\nmore\ntwo\nthree\nfour\n");
    assert.deepEqual([editor.selection.active.line, editor.selection.active.character], [4, 2]);
    for (const text of ["", "\n", "\n\nfour", "x\n\nfour", "x\n\nfour\n", "😀\n", "😁\n"]) {
      await write(text);
      assert.equal(await readFile(file, "utf8"), text);
    }
  });

  it("tells that the editor formatted the file when it was saved", async () => {
    await using _setting = await setting("editor.formatOnSave", true);
    const formatter = vscode.languages.registerDocumentFormattingEditProvider(
      { pattern: "**/note.txt" },
      { provideDocumentFormattingEdits: () => [vscode.TextEdit.insert(new vscode.Position(0, 0), "// formatted\n")] },
    );
    await open();
    const written = await write("one\nTWO\n");
    formatter.dispose();
    assert.equal(written.isOtherwise, true);
    assert.match(String(written.notes), /formatter/);
    assert.deepEqual([await readFile(file, "utf8"), await read()], ["// formatted\none\nTWO\n", "// formatted\none\nTWO\n"]);
    assert.equal(written.version, (await runtime.files.stat(file, signal))?.version);
  });

  it("tells what a code action on save has done", async () => {
    await using _setting = await setting("editor.codeActionsOnSave", { "source.fixAll.test": "always" });
    const kind = vscode.CodeActionKind.SourceFixAll.append("test");
    const actions = vscode.languages.registerCodeActionsProvider(
      { pattern: "**/note.txt" },
      {
        provideCodeActions: (document) => {
          const action = new vscode.CodeAction("fix", kind);
          action.edit = new vscode.WorkspaceEdit();
          action.edit.insert(document.uri, new vscode.Position(0, 0), "fixed ");
          return [action];
        },
      },
      { providedCodeActionKinds: [kind] },
    );
    try {
      await open();
      assert.equal((await write("one\nTWO\n")).isOtherwise, true);
      assert.equal(await readFile(file, "utf8"), "fixed one\nTWO\n");
    } finally {
      actions.dispose();
    }
  });

  it("FF-07 refuses to edit what VS Code holds read-only, and leaves nothing of it in the editor", async () => {
    await using _setting = await setting("files.readonlyInclude", { "**/note.txt": true });
    const document = await open();
    await assert.rejects(write("one\nTWO\n"), { code: "no-permission", message: /read-only/ });
    assert.deepEqual([document.getText(), document.isDirty, await readFile(file, "utf8")], ["one\ntwo\n", false, "one\ntwo\n"]);
  });

  it("FF-07 does not create a file of which the person has a new one in the editor", async () => {
    const fresh = path.join(folder, "new.txt");
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(fresh).with({ scheme: "untitled" }));
    await vscode.window.showTextDocument(document);
    await type(document, "mine");
    await assert.rejects(runtime.files.write(fresh, Buffer.from("x"), { expected: "absent", signal }), /never saved/);
    assert.equal(existsSync(fresh), false);
  });

  it("FF-08 does not remove a file under unsaved changes", async () => {
    const document = await open();
    await type(document, "typed ");
    await assert.rejects(runtime.files.remove(file, signal), /unsaved changes/);
    assert.equal(existsSync(file), true);
  });

  it("FF-05 takes what is on the disk over an editor that has not read it yet", async () => {
    // VS Code watches what is open, but not below this folder of a workspace (files.watcherExclude), so that its editor stays as it is.
    const unwatched = path.join(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "", ".hg", "store");
    await mkdir(unwatched, { recursive: true });
    await using _unwatched = { [Symbol.asyncDispose]: () => rm(path.dirname(unwatched), { recursive: true }) };
    file = path.join(unwatched, "note.txt");
    await writeFile(file, "one\ntwo\n");
    const document = await vscode.workspace.openTextDocument(file);
    // It is read once more when it is shown, some time later; from then on nothing reads it.
    await writeFile(file, "shown\n");
    await vscode.window.showTextDocument(document);
    await until("the editor to read it once more", async () => document.getText() === "shown\n");
    await writeFile(file, "from elsewhere\n");
    await write("from elsewhere\nand here\n");
    assert.equal(await readFile(file, "utf8"), "from elsewhere\nand here\n");
    assert.deepEqual([document.getText(), document.isDirty], ["shown\n", false]);
    await vscode.commands.executeCommand("workbench.action.files.revert");
    assert.deepEqual([document.getText(), document.isDirty], ["from elsewhere\nand here\n", false]);
  });

  it("FF-11 makes forty edits of an open file in a row, each of them whole", async () => {
    await open();
    for (let count = 1; count <= 40; count++) await write(`${"line\n".repeat(count)}`);
    assert.equal(await readFile(file, "utf8"), "line\n".repeat(40));
  });

  it("neither opens a tab nor takes the keyboard, unless a tab behind is wanted", async () => {
    const other = path.join(folder, "other.txt");
    await writeFile(other, "other\n");
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(other));
    const tabs = (): [string, boolean][] => vscode.window.tabGroups.activeTabGroup.tabs.map(({ label, isActive }) => [label, isActive]);
    await write("one\nTWO\n");
    assert.deepEqual(tabs(), [["other.txt", true]]);
    await using _setting = await setting("openhands.showEdits", "tab");
    await write("one\nTWO\nthree\n");
    await until("the tab", async () => tabs().length === 2);
    assert.deepEqual(
      [tabs(), vscode.window.activeTextEditor?.document.uri.fsPath],
      [
        [
          ["other.txt", true],
          ["note.txt", false],
        ],
        other,
      ],
    );
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

  it("FF-06 searches what is typed and not saved, where it is looked for, and says when it cannot", async () => {
    const document = await open();
    await writeFile(path.join(folder, "other.txt"), "two and typed\n");
    await type(document, "typed ");
    const find = (pattern: string, more = {}): Promise<SearchResult> => runtime.search.grep({ pattern, path: folder, ...more }, signal);
    const onDisk = { path: path.join(folder, "other.txt"), lines: [{ number: 1, text: "two and typed" }] };
    const inEditor = { path: file, lines: [{ number: 1, text: "typed one" }] };
    assert.deepEqual(await find("typed"), { files: [inEditor, onDisk], gaps: [] });
    assert.deepEqual(await find("^one"), { files: [], gaps: [] });
    assert.deepEqual(await find("typed", { include: "o*.txt" }), { files: [onDisk], gaps: [] });
    assert.deepEqual(await find("typed", { path: path.join(folder, "..", path.basename(folder)) }), {
      files: [inEditor, onDisk],
      gaps: [],
    });
    await mkdir(path.join(folder, "below"));
    assert.deepEqual(await find("typed", { path: path.join(folder, "below") }), { files: [], gaps: [] });
    assert.deepEqual(await find("(?i)TYPED"), { files: [onDisk], gaps: ["unreadable"] });
  });

  it("writes a file that no editor shows in one step, and keeps that it is executable", async () => {
    await writeFile(file, "#!/bin/sh\n", { mode: 0o755 });
    await rm(file);
    await writeFile(file, "#!/bin/sh\n", { mode: 0o755 });
    await write("#!/bin/sh\necho hi\n");
    assert.deepEqual([await readFile(file, "utf8"), (await stat(file)).mode & 0o777], ["#!/bin/sh\necho hi\n", 0o755]);
  });
});
