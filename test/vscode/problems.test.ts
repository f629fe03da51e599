import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import * as vscode from "vscode";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { tookAtMost } from "../support/tookAtMost.ts";
import { until } from "../support/until.ts";
import { closeEditors, localRuntime } from "./localRuntimes.ts";

const { signal } = new AbortController();

/** A language service for plain text: each "bad" is an error, each "poor" a warning. */
function wordService(delayMs: number): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection("words");
  const timers = new Set<NodeJS.Timeout>();
  const look = (document: vscode.TextDocument): void => {
    if (document.uri.scheme !== "file" || !document.fileName.endsWith(".words")) return;
    const found = [...document.getText().matchAll(/bad\w*|poor\w*/g)].map((match) => {
      const range = new vscode.Range(document.positionAt(match.index), document.positionAt(match.index + match[0].length));
      const severity = match[0].startsWith("bad") ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning;
      return Object.assign(new vscode.Diagnostic(range, `The word ${match[0]} is wrong.`, severity), { source: "words", code: 7 });
    });
    timers.add(setTimeout(() => collection.set(document.uri, found), delayMs));
  };
  const listening = [
    vscode.workspace.onDidOpenTextDocument(look),
    vscode.workspace.onDidChangeTextDocument(({ document }) => look(document)),
  ];
  for (const document of vscode.workspace.textDocuments) look(document);
  const stop = new vscode.Disposable(() => timers.forEach(clearTimeout));
  return vscode.Disposable.from(stop, collection, ...listening);
}

describe("the problems that an edit makes", () => {
  // Each test has a folder of its own, because VS Code keeps a document for a while after its tab is closed.
  let folder = "";
  let file = "";
  let runtime: Runtime;
  let service: vscode.Disposable | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "", "problems-"));
    file = path.join(folder, "note.words");
    runtime = await localRuntime(folder);
  });

  afterEach(async () => {
    service?.dispose();
    await runtime[Symbol.asyncDispose]();
    await closeEditors();
    await rm(folder, { recursive: true, force: true });
  });

  const write = async (text: string, name = file): Promise<readonly string[]> => {
    const found = await runtime.files.stat(name, signal);
    const { version } = found ? await runtime.files.read(name, { maxBytes: 1_000_000, signal }) : { version: "absent" };
    return (await runtime.files.write(name, Buffer.from(text), { expected: version, signal })).notes ?? [];
  };
  /** What is told of an edit: with it, or with the next one where the machine is slow; `count` problems are shown in the end. */
  const told = async (text: string, count: number, name = file): Promise<readonly string[]> => {
    const notes = await write(text, name);
    if (notes.length > 0) return notes;
    await shown(count, name);
    return write(`${text}\n`, name);
  };
  const show = async (name = file): Promise<void> => {
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(name));
  };
  const shown = (count: number, name = file): Promise<unknown> =>
    until("the problems", async () => vscode.languages.getDiagnostics(vscode.Uri.file(name)).length === count);

  for (const place of ["in a tab", "without a tab"]) {
    it(`are told once, and not those that only move (${place})`, async () => {
      service = wordService(50);
      await writeFile(file, "one\nbad1\nthree\n");
      if (place === "in a tab") await show();
      await runtime.files.read(file, { maxBytes: 1000, signal });
      await shown(1);
      assert.deepEqual(await told("zero\none\nbad1\nbad2\nthree poor\n", 3), [
        "The editor shows new problems:\n- line 4, error: The word bad2 is wrong. (words 7)\n- line 5, warning: The word poor is wrong. (words 7)",
      ]);
      assert.deepEqual(await write("more\nzero\none\nbad1\nbad2\nthree poor\n"), []);
      assert.deepEqual(await told("all is well\n", 0), ["3 problems are gone."]);
    });
  }

  it("are told of a file that nobody has looked at, where its lines are new", async () => {
    service = wordService(50);
    const other = path.join(folder, "other.words");
    await writeFile(other, "poor\n");
    await show(other);
    await shown(1, other);
    await writeFile(file, "bad1\n");
    assert.deepEqual(await told("bad1\nbad2\n", 2), ["The editor shows new problems:\n- line 2, error: The word bad2 is wrong. (words 7)"]);
  });

  it("are at most ten, errors first", async () => {
    service = wordService(10);
    await show(await made("poor\n"));
    await shown(1);
    await write("good\n");
    const words = Array.from({ length: 12 }, (_none, index) => `poor${index}`);
    const [told = ""] = await write(`${words.join("\n")}\nbad\n`);
    const lines = told.split("\n");
    assert.deepEqual([lines.length, lines[1], lines.at(-1)], [12, "- line 13, error: The word bad is wrong. (words 7)", "… and 3 more."]);
  });

  it("of a slow service are told with the next edit, and nothing waits longer than a second", async () => {
    service = wordService(3000);
    const other = path.join(folder, "other.words");
    await writeFile(other, "poor\n");
    await show(other);
    await shown(1, other);
    await show(await made("y\n"));
    const since = performance.now();
    assert.deepEqual(await write("bad\n"), []);
    tookAtMost(1_000, performance.now() - since);
    await shown(1);
    assert.deepEqual(await write("bad\nmore\n"), ["The editor shows new problems:\n- line 1, error: The word bad is wrong. (words 7)"]);
  });

  it("of other files are told with their path", async () => {
    const other = path.join(folder, "other.words");
    await writeFile(other, "fine\n");
    await show(other);
    const collection = vscode.languages.createDiagnosticCollection("others");
    service = vscode.Disposable.from(
      collection,
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document.fileName !== file) return;
        collection.set(document.uri, []);
        const range = new vscode.Range(0, 0, 0, 4);
        collection.set(vscode.Uri.file(other), [new vscode.Diagnostic(range, "note has changed", vscode.DiagnosticSeverity.Error)]);
      }),
    );
    await show(await made("x\n"));
    collection.set(vscode.Uri.file(file), [new vscode.Diagnostic(new vscode.Range(0, 0, 0, 1), "x", vscode.DiagnosticSeverity.Hint)]);
    await shown(1);
    assert.deepEqual(await write("y\n"), [`The editor shows new problems:\n- ${other} line 1, error: note has changed`]);
  });

  it("are not waited for where nobody looks for any", async () => {
    const times: number[] = [];
    for (const text of ["one\n", "two\n", "three\n"]) {
      const since = performance.now();
      await write(text, path.join(folder, "note.ini"));
      times.push(performance.now() - since);
    }
    // The quickest of them, because a busy machine may hold up any one for longer than problems are waited for.
    assert.ok(Math.min(...times) < 900, `${times.map(Math.round).join(", ")} ms`);
  });

  for (const place of ["in a tab", "without a tab"]) {
    it(`are those of VS Code's TypeScript (${place})`, async () => {
      const source = path.join(folder, "sum.ts");
      await writeFile(source, "export const one: number = 'old';\nexport const two = 2;\n");
      if (place === "in a tab") await show(source);
      await runtime.files.read(source, { maxBytes: 1000, signal });
      // The service itself needs a while to start.
      await until("TypeScript", () => asked(source));
      if (place === "in a tab") await shown(1, source);
      const wrong = "export const one: number = 'old';\nexport const two = 2;\nexport const three: string = two;\n";
      assert.deepEqual(await write(wrong, source), [
        "The editor shows new problems:\n- line 3, error: Type 'number' is not assignable to type 'string'. (ts 2322)",
      ]);
      assert.deepEqual(await write("export const one = 1;\nexport const two = 2;\n", source), ["2 problems are gone."]);
    });
  }

  function asked(source: string): Promise<boolean> {
    const answer = vscode.commands.executeCommand("typescript.tsserverRequest", "semanticDiagnosticsSync", {
      file: vscode.Uri.file(source),
    });
    return Promise.resolve(answer).then(
      (found) => found !== undefined,
      () => false,
    );
  }

  async function made(text: string): Promise<string> {
    await writeFile(file, text);
    return file;
  }
});
