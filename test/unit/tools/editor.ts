// One file editor and the files that it edits, in a few words.
import assert from "node:assert/strict";
import type { FileEditorObservation } from "../../../src/protocol/actions.ts";
import { textOf } from "../../../src/protocol/content.ts";
import { openMemoryRuntime } from "../../../src/runtime/memory/memoryRuntime.ts";
import type { Files, Runtime } from "../../../src/runtime/runtime.ts";
import { fileEditorTool } from "../../../src/tools/fileEditor.ts";
import type { Tool } from "../../../src/tools/tool.ts";

export const { signal } = new AbortController();
export const file = "/work/file.txt";
export const unheard = { onOutput: () => undefined, secretsIn: () => ({}) };

export interface Editor {
  readonly runtime: Runtime;
  readonly tool: Tool;
  readonly put: (bytes: string | Uint8Array, at?: string) => Promise<void>;
  readonly bytes: (at?: string) => Promise<Buffer>;
  readonly text: (at?: string) => Promise<string>;
  /** One call of the tool; an error must have changed nothing. */
  readonly do: (command: string, args?: object) => Promise<{ readonly said: string; readonly seen: FileEditorObservation }>;
}

/** The tool over files in memory, which `change` can replace in part. */
export async function openEditor(content?: string | Uint8Array, change: (files: Files) => Partial<Files> = () => ({})): Promise<Editor> {
  const memory = openMemoryRuntime({ workingDir: "/work" });
  const { files } = memory;
  const same: Files = {
    stat: (...args) => files.stat(...args),
    read: (...args) => files.read(...args),
    write: (...args) => files.write(...args),
    list: (...args) => files.list(...args),
    remove: (...args) => files.remove(...args),
    realPath: (...args) => files.realPath(...args),
  };
  const runtime: Runtime = { ...memory, files: { ...same, ...change(files) } };
  const tool = fileEditorTool();
  const bytes = async (at = file): Promise<Buffer> => Buffer.from((await memory.files.read(at, { maxBytes: Infinity, signal })).bytes);
  const editor: Editor = {
    runtime,
    tool,
    bytes,
    put: async (given, at = file) => {
      const before = await memory.files.stat(at, signal);
      await memory.files.write(at, Buffer.from(given), { expected: before?.version ?? "absent", signal });
    },
    text: async (at) => (await bytes(at)).toString("utf8"),
    do: async (command, args = {}) => {
      const before = await bytes().catch(() => undefined);
      const action = tool.parse({ command, path: file, ...args });
      const seen = (await tool.run(action, { runtime, signal, ...unheard })) as FileEditorObservation;
      if (seen.is_error) assert.deepEqual(await bytes().catch(() => undefined), before, "an error changes nothing");
      assert.equal(seen.path === undefined, seen.is_error);
      return { said: textOf(seen.content), seen };
    },
  };
  if (content !== undefined) await editor.put(content);
  return editor;
}
