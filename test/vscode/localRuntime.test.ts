import { mkdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { runtimeContract } from "../contract/runtime.ts";
import { filesContract } from "../contract/runtimeFiles.ts";
import { closeEditors, localRuntime, setting } from "./localRuntimes.ts";

const baseDir = path.join(tmpdir(), `openhands-local-${process.pid}`);
const capabilities = { realShell: true, isTerminal: true, baseDir, atOnce: 8 };

/** Of files outside the workspace nobody asks a language service, whose processes would not be ours. */
async function open(workingDir: string): Promise<Runtime> {
  mkdirSync(workingDir, { recursive: true });
  return localRuntime(workingDir, [path.join(baseDir, "workspace")]);
}

/** Each file that is there is in an editor before it is written. */
async function openInEditors(workingDir: string): Promise<Runtime> {
  mkdirSync(workingDir, { recursive: true });
  const runtime = await localRuntime(workingDir);
  return {
    ...runtime,
    files: {
      ...runtime.files,
      write: async (file, bytes, options) => {
        // An editor of the oldest VS Code waits for ever for what a pipe may give.
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

describe("LocalRuntime", () => {
  after(() => rmSync(baseDir, { recursive: true, force: true }));

  runtimeContract("local, in the extension host", open, capabilities);

  describe("with files that are open in editors", () => {
    let autoSave: AsyncDisposable;
    before(async () => {
      autoSave = await setting("files.autoSave", "off");
    });
    after(() => autoSave[Symbol.asyncDispose]());
    afterEach(closeEditors);

    let count = 0;
    filesContract(() => openInEditors(path.join(baseDir, `editors ${++count}`)), {
      ...capabilities,
      baseDir: path.join(baseDir, "editors"),
    });
  });
});
