import assert from "node:assert/strict";
import type { Content } from "../../../src/protocol/content.ts";
import { type Files, RuntimeError } from "../../../src/runtime/runtime.ts";
import { descriptionFor } from "../../../src/tools/tool.ts";
import { file, openEditor } from "./editor.ts";

const png = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1"), Buffer.alloc(20)]);

describe("the file editor and odd files", () => {
  it("§10.62 FF-02 keeps the encoding of what it edits: UTF-16 of both orders, Windows-1252", async () => {
    const be = (text: string): Buffer => Buffer.from(`\ufeff${text}`, "utf16le").swap16();
    const western = Buffer.from([0x93, 0x61, 0x94, 0x0a, 0x80, 0x35, 0x0a, 0xe4, 0x81, 0x0a]);
    for (const [before, after] of [
      [be("ä\nb\n"), be("ä\nB\n")],
      [Buffer.concat([western, Buffer.from("b\n")]), Buffer.concat([western, Buffer.from("B\n")])],
    ] as const) {
      const editor = await openEditor(before);
      assert.equal((await editor.do("str_replace", { old_str: "b", new_str: "B" })).seen.is_error, false);
      assert.deepEqual(await editor.bytes(), after);
    }
    const editor = await openEditor(western);
    assert.match((await editor.do("view")).said, /“a”\n {5}2\t€5\n/);
    await editor.do("str_replace", { old_str: "“a”", new_str: "„a“ – ü" });
    assert.deepEqual((await editor.bytes()).subarray(0, 9), Buffer.from([0x84, 0x61, 0x93, 0x20, 0x96, 0x20, 0xfc, 0x0a, 0x80]));
    assert.match((await editor.do("str_replace", { old_str: "ü", new_str: "ж" })).said, /NOTE: the file is UTF-8 now/);
    assert.match(await editor.text(), /^„a“ – ж\n€5\n/);
    await editor.do("undo_edit");
    assert.deepEqual((await editor.bytes()).subarray(0, 9), Buffer.from([0x84, 0x61, 0x93, 0x20, 0x96, 0x20, 0xfc, 0x0a, 0x80]));
  });

  it("FF-02 shows what it cannot decode, and refuses to edit it with the reason", async () => {
    const cases: readonly [string, Buffer, RegExp][] = [
      ["mixed", Buffer.concat([Buffer.from("grüße\n"), Buffer.from([0xfc, 0x0a])]), /mixes UTF-8 with other bytes/],
      [
        "Russian",
        Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2, 0x20, 0xec, 0xe8, 0xf0, 0x0a, 0x62]),
        /neither UTF-8 nor a Western encoding/,
      ],
      ["Japanese", Buffer.from([0x82, 0xb1, 0x82, 0xf1, 0x82, 0xc9, 0x82, 0xbf, 0x82, 0xcd, 0x0a, 0x62]), /neither UTF-8 nor/],
      ["half UTF-16", Buffer.from([0xff, 0xfe, 0x62, 0x00, 0x00, 0xd8]), /UTF-16/],
    ];
    for (const [what, bytes, why] of cases) {
      const editor = await openEditor(bytes);
      const { said, seen } = await editor.do("view");
      assert.ok(!seen.is_error && why.test(said) && said.includes("1\t"), `${what}: ${said}`);
      assert.match((await editor.do("str_replace", { old_str: "b", new_str: "x" })).said, why, what);
    }
  });

  it("FF-03 keeps old Macintosh line ends and mixed ones, and matches across them", async () => {
    const cases: readonly [string, string, string][] = [
      ["a\rb\rc", "a\nb", "A\rB\rc"],
      ["a\r\nb\nc\r\n", "a\nb", "A\r\nB\nc\r\n"],
      ["a\nb\r\nc\n", "b\nc", "a\nA\r\nB\n"],
      ["x\r\ny\r\na\nb\n", "a\nb", "x\r\ny\r\nA\nB\n"],
    ];
    for (const [before, old_str, after] of cases) {
      const editor = await openEditor(before);
      await editor.do("str_replace", { old_str, new_str: "A\nB" });
      assert.equal(await editor.text(), after);
    }
    const editor = await openEditor("a\rb\r");
    assert.equal((await editor.do("view", { view_range: [2, 2] })).said, `${file}, lines 2 to 2 of 2:\n     2\tb\n`);
    await editor.do("insert", { insert_line: 1, new_str: "x\ny" });
    assert.equal(await editor.text(), "a\rx\ry\rb\r");
  });

  it("§10.61 FF-04 says that only white space is different, and which", async () => {
    const editor = await openEditor("if (a\u00a0&& b) {\n\treturn  1;\n}\n");
    const { said } = await editor.do("str_replace", { old_str: "if (a && b) {\n    return 1;", new_str: "x" });
    assert.match(
      said,
      /The same words stand there with other white space:\n {5}1\tif \(a\u00a0&& b\) \{\n {5}2\t\treturn {2}1;\n\[The white space there has U\+00A0/,
    );
    const regex = await openEditor("a.*b[c\n");
    await regex.do("str_replace", { old_str: "a.*b[c", new_str: "$1$&" });
    assert.equal(await regex.text(), "$1$&\n");
  });

  it("FF-04 is quick with ten million places", async () => {
    const editor = await openEditor("a".repeat(10_000_000));
    const { said } = await editor.do("str_replace", { old_str: "a", new_str: "b" });
    assert.match(said, /occurs 10000000 times .* and more\)/);
  });

  it("shows an image to a model that can see, by what it is and not by its name", async () => {
    const editor = await openEditor();
    await editor.put(png, "/work/picture.txt");
    await editor.put("no picture", "/work/text.png");
    await editor.put(Buffer.concat([png, Buffer.alloc(5 * 1024 * 1024)]), "/work/large.png");
    await editor.put(Buffer.from("%PDF-1.7\n\0\x01"), "/work/paper.pdf");
    const { seen } = await editor.do("view", { path: "/work/picture.txt" });
    assert.deepEqual(seen.content, [
      { type: "text", text: `/work/picture.txt is a PNG image of ${png.length} bytes:`, cache_prompt: false },
      { type: "image", image_urls: [`data:image/png;base64,${png.toString("base64")}`], cache_prompt: false },
    ] satisfies Content[]);
    assert.match((await editor.do("view", { path: "/work/text.png" })).said, /1\tno picture/);
    assert.match((await editor.do("view", { path: "/work/large.png" })).said, /at most 5242880 can be shown/);
    assert.match((await editor.do("view", { path: "/work/paper.pdf" })).said, /is a PDF document of 11 bytes/);
    assert.match((await editor.do("str_replace", { path: "/work/picture.txt", old_str: "a", new_str: "b" })).said, /PNG image/);
    const offered = [true, undefined, false].map((hasVision) => /images/.test(descriptionFor(editor.tool, { hasVision })));
    assert.deepEqual(offered, [true, true, false]);
  });

  it("refuses what it could not take back, and leaves everything as it was", async () => {
    const editor = await openEditor("a".repeat(10 * 1024 * 1024));
    assert.match((await editor.do("create", { path: "/work/large", file_text: "x".repeat(11_000_000) })).said, /would have 11000000 bytes/);
    assert.match((await editor.do("insert", { insert_line: 1, new_str: "more" })).said, /Nothing was changed/);
    await assert.rejects(editor.bytes("/work/large"));
  });

  it("says what is wrong with a path", async () => {
    const editor = await openEditor("x");
    const said = async (path: string): Promise<string> => (await editor.do("view", { path })).said;
    assert.match(await said("~/file.txt"), /~ is not expanded/);
    assert.match(await said("/work/\0"), /NUL/);
    assert.match(await said(`/${"x".repeat(5_000)}`), /too long/);
    assert.match(await said("file:///work/file.txt"), /is an address/);
    assert.match(await said("x\u00a0"), /not absolute\.$/);
  });

  it("FF-10 tells of a name that differs in case only where a file system takes both for one", async () => {
    const editor = await openEditor(
      "old",
      (files): Partial<Files> => ({
        write: async (at, bytes, options) => {
          const entries = await files.list("/work", options.signal);
          const isTaken = entries.some(({ name }) => `/work/${name}`.toLowerCase() === at.toLowerCase());
          if (isTaken && options.expected === "absent") throw new RuntimeError("exists", "There is already something there.");
          return files.write(at, bytes, options);
        },
      }),
    );
    assert.match(
      (await editor.do("create", { path: "/work/FILE.txt", file_text: "x" })).said,
      /\/work\/file\.txt exists already, and this file system takes FILE\.txt for the same name/,
    );
    assert.match((await editor.do("create", { file_text: "x" })).said, /file\.txt exists already\. Use/);
  });

  it("FF-14 does not make a workspace anew that is gone", async () => {
    const editor = await openEditor(undefined, () => ({ stat: async () => undefined }));
    assert.match((await editor.do("create", { file_text: "x" })).said, /workspace folder \/work is gone/);
  });
});
