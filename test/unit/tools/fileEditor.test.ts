import assert from "node:assert/strict";
import path from "node:path";
import fc from "fast-check";
import type { FileEditorObservation } from "../../../src/protocol/actions.ts";
import { RuntimeError } from "../../../src/runtime/runtime.ts";
import { fileEditorTool } from "../../../src/tools/fileEditor.ts";
import { type Editor, file, openEditor, signal, unheard } from "./editor.ts";

describe("the file editor", () => {
  it("§10.63 shows a file with line numbers, whole or a part of it", async () => {
    const editor = await openEditor("one\n\tzwei\nthree");
    assert.equal((await editor.do("view")).said, `${file}, 3 lines:\n     1\tone\n     2\t\tzwei\n     3\tthree\n`);
    assert.equal((await editor.do("view", { view_range: [2, -1] })).said, `${file}, lines 2 to 3 of 3:\n     2\t\tzwei\n     3\tthree\n`);
    assert.equal(
      (await editor.do("view", { view_range: [1, 99] })).said,
      `${file}, lines 1 to 3 of 3:\n     1\tone\n     2\t\tzwei\n     3\tthree\nNOTE: line 99 was asked for; the file ends at line 3.\n`,
    );
    for (const view_range of [[0, 2], [4, 5], [3, 2], [1], [1, 2, 3]])
      assert.ok((await editor.do("view", { view_range })).seen.is_error, view_range.join());
    await editor.put("", "/work/empty");
    assert.equal((await editor.do("view", { path: "/work/empty", view_range: [1, -1] })).seen.is_error, false);
  });

  it("shows a long file without its middle, and says so", async () => {
    const editor = await openEditor(Array.from({ length: 5_000 }, (_, index) => `line ${index}\n`).join(""));
    const { said } = await editor.do("view");
    assert.ok(said.length < 16_500);
    assert.match(said, /\n\[… \d+ characters left out …\]\n/);
    assert.ok(said.includes("     1\tline 0\n") && said.includes("  5000\tline 4999\n"));
  });

  it("lists a directory two levels deep, without what is hidden, and in spite of a folder that may not be read", async () => {
    const editor = await openEditor(undefined, (files) => ({
      list: async (folder, given) => {
        if (folder === "/work/secret") throw new RuntimeError("no-permission", "You may not.");
        return files.list(folder, given);
      },
    }));
    const names = ["b/c/d.txt", "b/e.txt", ".git/HEAD", "node_modules/x/y", "secret/z", "a.txt"];
    for (const name of names) await editor.put("x", `/work/${name}`);
    const { said } = await editor.do("view", { path: "/work" });
    assert.equal(
      said,
      [
        "/work, two levels deep:",
        "/work/a.txt",
        "/work/b/",
        "/work/b/c/",
        "/work/b/e.txt",
        "/work/secret/",
        "[2 hidden entries are not shown]",
      ].join("\n"),
    );
  });

  it("creates a file with exactly the text, also in a new folder, and never over another", async () => {
    const editor = await openEditor();
    const at = path.join("/work", "new/deep", "a.txt");
    const { seen } = await editor.do("create", { path: at, file_text: "a\r\nb" });
    assert.deepEqual([seen.prev_exist, seen.new_content, await editor.text(at)], [false, "a\r\nb", "a\r\nb"]);
    assert.match((await editor.do("create", { path: at, file_text: "c" })).said, /exists already/);
    assert.equal(await editor.text(at), "a\r\nb");
  });

  it("replaces what occurs once, letter for letter", async () => {
    const editor = await openEditor("price = 1\nname = x\n");
    const { seen, said } = await editor.do("str_replace", { old_str: "1", new_str: "$& $1 $` $$ \\n" });
    assert.equal(await editor.text(), "price = $& $1 $` $$ \\n\nname = x\n");
    assert.deepEqual([seen.old_content, seen.new_content], ["price = 1\nname = x\n", await editor.text()]);
    assert.equal(said, `Edited ${file}. It now reads:\n     1\tprice = $& $1 $\` $$ \\n\n     2\tname = x`);
    await editor.do("str_replace", { old_str: "name = x\n" });
    assert.equal(await editor.text(), "price = $& $1 $` $$ \\n\n");
  });

  it("does not replace what occurs not at all, twice or ten thousand times, and says where to look", async () => {
    const editor = await openEditor("function add(a, b) {\n  return a + b;\n}\n");
    assert.match(
      (await editor.do("str_replace", { old_str: "  return a - b;", new_str: "x" })).said,
      /does not occur.*The nearest lines are:\n {5}1\tfunction add\(a, b\) \{\n {5}2\t {2}return a \+ b;\n/,
    );
    assert.match(
      (await editor.do("str_replace", { old_str: "completely other", new_str: "x" })).said,
      /View the file and copy the text exactly/,
    );
    await editor.put("same\nother\nsame\n");
    assert.match(
      (await editor.do("str_replace", { old_str: "same", new_str: "x" })).said,
      /occurs 2 times in \/work\/file\.txt \(lines 1, 3\)/,
    );
    await editor.put("same\n".repeat(10_000));
    const { said } = await editor.do("str_replace", { old_str: "same", new_str: "x" });
    assert.match(said, /occurs 10000 times/);
    assert.ok(said.length < 400);
    for (const args of [{ old_str: "", new_str: "x" }, { new_str: "x" }, { old_str: "same", new_str: "same" }])
      assert.ok((await editor.do("str_replace", args)).seen.is_error);
  });

  it("keeps all bytes outside the edit, whatever the line ends", async () => {
    const parts = fc.array(fc.constantFrom("a", "b", "ü", "\n", "\r\n", "\r", " "), { maxLength: 20 }).map((all) => all.join(""));
    await fc.assert(
      fc.asyncProperty(
        parts,
        parts,
        fc.constantFrom("x\ny", "x", "", "\r\n"),
        fc.constantFrom("MARK", "MARK\nMARK2", "MA\r\nRK"),
        async (before, after, now, old) => {
          const ending = before.split("\r\n").length * 2 > before.split("\n").length + 1 ? "\r\n" : "\n";
          const editor = await openEditor(before + old.replaceAll("\r\n", "\n").replaceAll("\n", ending) + after);
          const { seen } = await editor.do("str_replace", { old_str: old, new_str: now });
          assert.equal(seen.is_error, false);
          const text = await editor.text();
          assert.ok(text.startsWith(before) && text.endsWith(after));
          assert.equal(
            text.slice(before.length, text.length - after.length).replaceAll(/\r\n|\r/g, "\n"),
            now.replaceAll(/\r\n|\r/g, "\n"),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it("keeps Windows line ends, a byte order mark, Latin-1 and UTF-16 as they are", async () => {
    const cases: readonly [string, Buffer, Buffer][] = [
      ["CRLF", Buffer.from("a\r\nb\r\n"), Buffer.from("a\r\nB\r\nC\r\n")],
      ["BOM", Buffer.from("\ufeffa\nb\n"), Buffer.from("\ufeffa\nB\nC\n")],
      ["Latin-1", Buffer.from("\xe4\nb\n", "latin1"), Buffer.from("\xe4\nB\nC\n", "latin1")],
      ["UTF-16", Buffer.from("\ufeffa\nb\n", "utf16le"), Buffer.from("\ufeffa\nB\nC\n", "utf16le")],
      ["no final newline", Buffer.from("a\nb"), Buffer.from("a\nB\nC")],
    ];
    for (const [what, before, after] of cases) {
      const editor = await openEditor(before);
      await editor.do("str_replace", { old_str: "b", new_str: "B\nC" });
      assert.deepEqual(await editor.bytes(), after, what);
      await editor.do("undo_edit");
      assert.deepEqual(await editor.bytes(), before, what);
    }
  });

  it("inserts lines at the top, in between and at the end", async () => {
    const inserted = async (text: string, insert_line: number, new_str: string): Promise<string> => {
      const editor = await openEditor(text);
      const { seen } = await editor.do("insert", { insert_line, new_str });
      return seen.is_error ? "error" : editor.text();
    };
    assert.deepEqual(
      await Promise.all([
        inserted("a\nb\n", 0, "x"),
        inserted("a\nb\n", 1, "x\n"),
        inserted("a\nb\n", 2, "x\ny"),
        inserted("a\nb", 2, "x"),
        inserted("a\r\nb\r\n", 1, "x\ny"),
        inserted("", 0, "x"),
        inserted("a\n", 3, "x"),
      ]),
      ["x\na\nb\n", "a\nx\nb\n", "a\nb\nx\ny\n", "a\nb\nx", "a\r\nx\r\ny\r\nb\r\n", "x\n", "error"],
    );
  });

  it("takes back its edits one by one, the creation too", async () => {
    const editor = await openEditor();
    await editor.do("create", { file_text: "one\n" });
    await editor.do("str_replace", { old_str: "one", new_str: "two" });
    await editor.do("insert", { insert_line: 1, new_str: "three" });
    const texts: (string | undefined)[] = [];
    for (let step = 0; step < 3; step++) {
      assert.equal((await editor.do("undo_edit")).seen.is_error, false);
      texts.push(await editor.text().catch(() => undefined));
    }
    assert.deepEqual(texts, ["two\n", "one\n", undefined]);
    assert.match((await editor.do("undo_edit")).said, /no edit of \/work\/file\.txt to undo/);
  });

  it("does not take back an edit when somebody has changed the file since", async () => {
    const editor = await openEditor("one\n");
    await editor.do("str_replace", { old_str: "one", new_str: "two" });
    await editor.put("two\nand a person's line\n");
    assert.match((await editor.do("undo_edit")).said, /changed since/);
    const fresh = "/work/fresh.txt";
    await editor.do("create", { path: fresh, file_text: "x" });
    await editor.put("a person's text", fresh);
    assert.ok((await editor.do("undo_edit", { path: fresh })).seen.is_error);
    assert.equal(await editor.text(fresh), "a person's text");
  });

  it("refuses what is no text file, with a word about why", async () => {
    const editor = await openEditor(Buffer.from([1, 0, 2]));
    await editor.put(Buffer.concat([Buffer.alloc(9_000_000, "a"), Buffer.from([0])]), "/work/late-nul");
    await editor.put(Buffer.alloc(10 * 1024 * 1024 + 1, "a"), "/work/large");
    await editor.put(Buffer.from([0xff, 0xfe, 0x00, 0xd8]), "/work/half-utf16");
    const said = async (command: string, args: object): Promise<string> => {
      const { seen, said: text } = await editor.do(command, args);
      assert.ok(seen.is_error, text);
      return text;
    };
    assert.match(await said("view", {}), /binary file of 3 bytes/);
    assert.match(await said("view", { path: "/work/late-nul" }), /binary/);
    assert.match(
      await said("str_replace", { path: "/work/half-utf16", old_str: "a", new_str: "b" }),
      /cannot be edited as text: it begins like UTF-16/,
    );
    assert.match(await said("view", { path: "/work/large" }), /more than \d+/);
    assert.match(await said("str_replace", { path: "/work", old_str: "a", new_str: "b" }), /is a directory/);
    assert.match(await said("insert", { path: "/work/missing", insert_line: 0, new_str: "b" }), /nothing at/);
    assert.match(await said("view", { path: "/work/missing" }), /no file or directory/);
    assert.match(await said("view", { path: "file.txt" }), /not absolute\. Did you mean \/work\/file\.txt\?/);
    assert.match(await said("view", { path: "other.txt" }), /not absolute\.$/);
    assert.match(await said("view", { path: "/work", view_range: [1, 2] }), /for files/);
  });

  it("does not write over what has changed between its reading and its writing", async () => {
    const editor: Editor = await openEditor("one\n", (files) => ({
      write: async (at, bytes, options) => {
        await editor.put("a person was quicker\n");
        return files.write(at, bytes, options);
      },
    }));
    const tool = fileEditorTool();
    const seen = (await tool.run(tool.parse({ command: "str_replace", path: file, old_str: "one", new_str: "two" }), {
      runtime: editor.runtime,
      signal,
      ...unheard,
    })) as FileEditorObservation;
    assert.deepEqual([seen.is_error, await editor.text()], [true, "a person was quicker\n"]);
  });
});
