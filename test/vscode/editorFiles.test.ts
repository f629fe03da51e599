import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import { openLocalRuntime } from "../../src/extension/localRuntime/localRuntime.ts";
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

  it("writes a file that no editor shows in one step, and keeps that it is executable", async () => {
    await writeFile(file, "#!/bin/sh\n", { mode: 0o755 });
    await rm(file);
    await writeFile(file, "#!/bin/sh\n", { mode: 0o755 });
    await write("#!/bin/sh\necho hi\n");
    assert.deepEqual([await readFile(file, "utf8"), (await stat(file)).mode & 0o777], ["#!/bin/sh\necho hi\n", 0o755]);
  });
});
