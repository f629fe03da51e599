import { mkdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { filesContract } from "../contract/runtimeFiles.ts";
import { closeEditors, localRuntime, setting } from "./localRuntimes.ts";

const baseDir = path.join(tmpdir(), `openhands-editors-${process.pid}`);

/** Each file that is there is in an editor before it is written. */
async function openInEditors(workingDir: string): Promise<Runtime> {
  mkdirSync(workingDir, { recursive: true });
  const runtime = await localRuntime(workingDir);
  return {
    ...runtime,
    files: {
      ...runtime.files,
      write: async (file, bytes, options) => {
        // What is no file is shown by no editor.
        if (statSync(file, { throwIfNoEntry: false })?.isFile() === true) await showIfText(file);
        return runtime.files.write(file, bytes, options);
      },
    },
  };
}

async function showIfText(file: string): Promise<void> {
  await vscode.workspace.openTextDocument(file).then(
    (document) => vscode.window.showTextDocument(document, { preview: false, preserveFocus: true }),
    // Because what is no text is shown by no text editor.
    () => undefined,
  );
}

describe("LocalRuntime with files that are open in editors", () => {
  let autoSave: AsyncDisposable;
  before(async () => {
    autoSave = await setting("files.autoSave", "off");
  });
  after(async () => {
    await autoSave[Symbol.asyncDispose]();
    rmSync(baseDir, { recursive: true, force: true });
  });
  afterEach(closeEditors);

  let count = 0;
  filesContract(() => openInEditors(path.join(baseDir, `work ${++count}`)), { realShell: true, isTerminal: true, baseDir });
});
