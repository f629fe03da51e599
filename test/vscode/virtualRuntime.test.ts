import assert from "node:assert/strict";
import * as vscode from "vscode";
import { openVirtualRuntime } from "../../src/extension/localRuntime/virtualRuntime.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { filesContract } from "../contract/runtimeFiles.ts";
import { searchContract } from "../contract/runtimeSearch.ts";
import { closeEditors, log, setting } from "./localRuntimes.ts";
import { MemoryFileSystem } from "./memoryFileSystem.ts";

const { signal } = new AbortController();

describe("a virtual workspace", () => {
  const root = vscode.Uri.parse("openhands-test://somewhere/");
  let provider: vscode.Disposable;
  before(() => {
    provider = vscode.workspace.registerFileSystemProvider("openhands-test", new MemoryFileSystem());
  });
  after(() => provider.dispose());
  afterEach(closeEditors);

  const open = async (workingDir: string): Promise<Runtime> => {
    await vscode.workspace.fs.createDirectory(root.with({ path: workingDir }));
    return openVirtualRuntime({ workingDir, folders: [workingDir], root, log, reveal: () => undefined });
  };
  let count = 0;
  const openNext = (): Promise<Runtime> => open(`/base/work ${++count}`);
  const capabilities = { realShell: false, isTerminal: false, baseDir: "/base" };
  filesContract(openNext, capabilities);
  searchContract(openNext, capabilities);

  it("has files and no terminal, and says so", async () => {
    await using runtime = await open("/says");
    assert.deepEqual([runtime.info.shell, runtime.info.wall, runtime.info.folders], [null, "Local · files only, no terminal", ["/says"]]);
    const request = { type: "command", command: "ls", noChangeTimeoutMs: 1000 } as const;
    await assert.rejects(runtime.terminal.run(request, { signal }), { code: "no-shell", message: /virtual/ });
  });

  it("FF-06 reads what is typed, and edits an open document in the editor", async () => {
    await using _autoSave = await setting("files.autoSave", "off");
    await using runtime = await open("/typed");
    const path = "/typed/note.txt";
    await runtime.files.write(path, Buffer.from("one\n"), { expected: "absent", signal });
    const document = await vscode.workspace.openTextDocument(root.with({ path }));
    const editor = await vscode.window.showTextDocument(document);
    const { version } = await runtime.files.read(path, { maxBytes: 1000, signal });
    await runtime.files.write(path, Buffer.from("two\n"), { expected: version, signal });
    assert.deepEqual([document.getText(), document.isDirty], ["two\n", false]);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), "typed "));
    assert.equal(Buffer.from((await runtime.files.read(path, { maxBytes: 1000, signal })).bytes).toString(), "typed two\n");
  });

  it("FF-09 leaves a file whose saving fails as it was, in the editor too, and goes on when it can be saved again", async () => {
    await using _autoSave = await setting("files.autoSave", "off");
    const files = new MemoryFileSystem({ "/note.txt": "one\n" });
    const registered = vscode.workspace.registerFileSystemProvider("openhands-full", files);
    const uri = root.with({ scheme: "openhands-full", path: "/note.txt" });
    try {
      await using runtime = openVirtualRuntime({
        workingDir: "/",
        folders: ["/"],
        root: uri.with({ path: "/" }),
        log,
        reveal: () => undefined,
      });
      const document = await vscode.workspace.openTextDocument(uri);
      await vscode.window.showTextDocument(document);
      const { version } = await runtime.files.read("/note.txt", { maxBytes: 1000, signal });
      const write = (text: string): Promise<unknown> => runtime.files.write("/note.txt", Buffer.from(text), { expected: version, signal });
      files.isFull = true;
      await assert.rejects(write("two\n"), /no space left/);
      assert.deepEqual([document.getText(), document.isDirty], ["one\n", false]);
      files.isFull = false;
      await write("three\n");
      assert.deepEqual([document.getText(), document.isDirty, String(files.readFile(uri))], ["three\n", false, "three\n"]);
    } finally {
      registered.dispose();
    }
  });

  it("FF-07 is not written to where its file system is read-only", async () => {
    const readOnly = vscode.workspace.registerFileSystemProvider("openhands-fixed", new MemoryFileSystem({ "/note.txt": "fixed\n" }), {
      isReadonly: true,
    });
    try {
      const there = root.with({ scheme: "openhands-fixed" });
      await using runtime = openVirtualRuntime({ workingDir: "/", folders: ["/"], root: there, log, reveal: () => undefined });
      const { version, bytes } = await runtime.files.read("/note.txt", { maxBytes: 1000, signal });
      assert.equal(Buffer.from(bytes).toString(), "fixed\n");
      await assert.rejects(runtime.files.write("/note.txt", Buffer.from("x"), { expected: version, signal }), { code: "no-permission" });
    } finally {
      readOnly.dispose();
    }
  });
});
