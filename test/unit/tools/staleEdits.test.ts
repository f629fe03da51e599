import assert from "node:assert/strict";
import { openEditor } from "./editor.ts";

const lines = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join("");

describe("an edit of a file that others have changed (FF-05)", () => {
  it("is refused when it names a line and the lines up to it have moved, with what has changed, and works then", async () => {
    const editor = await openEditor(lines(20));
    await editor.do("view");
    await editor.put(`new first\n${lines(20)}`);
    const refused = await editor.do("insert", { insert_line: 5, new_str: "mine" });
    assert.match(
      refused.said,
      /^Edit refused: \/work\/file\.txt has changed since you read it\. Nothing was changed\..*\n\+ {5}1\tnew first\n {6}2\tline 1/,
    );
    assert.equal((await editor.do("insert", { insert_line: 6, new_str: "mine" })).seen.is_error, false);
    assert.ok((await editor.text()).startsWith("new first\nline 1\nline 2\nline 3\nline 4\nline 5\nmine\nline 6\n"));
  });

  it("is made when it names a line that is where it was, and tells what others did", async () => {
    const editor = await openEditor(lines(20));
    await editor.do("view", { view_range: [1, 5] });
    await editor.put(`${lines(20)}the end\n`);
    const { said, seen } = await editor.do("insert", { insert_line: 2, new_str: "mine" });
    assert.ok(!seen.is_error);
    assert.match(said, /NOTE: the file had changed since you read it:\n[^]*\+ {4}21\tthe end/);
    assert.doesNotMatch((await editor.do("insert", { insert_line: 2, new_str: "more" })).said, /NOTE/);
  });

  it("is made when its text is still there once, and refused when that is what has changed", async () => {
    const editor = await openEditor("one\ntwo\nthree\n");
    await editor.do("view");
    await editor.put("zero\none\ntwo\nTHREE\n");
    const { said } = await editor.do("str_replace", { old_str: "three", new_str: "3" });
    assert.match(said, /^Edit refused: .* has changed since you read it[^]*-.*\tthree\n\+ {5}4\tTHREE$/);
    assert.match((await editor.do("str_replace", { old_str: "three", new_str: "3" })).said, /does not occur/);
    assert.equal((await editor.do("str_replace", { old_str: "two", new_str: "2" })).seen.is_error, false);
    assert.equal(await editor.text(), "zero\none\n2\nTHREE\n");
  });

  it("is made without a word after the model's own edits, a creation and an undo", async () => {
    const editor = await openEditor();
    const told = [
      await editor.do("create", { file_text: "one\n" }),
      await editor.do("insert", { insert_line: 1, new_str: "two" }),
      await editor.do("str_replace", { old_str: "two", new_str: "2" }),
      await editor.do("undo_edit"),
      await editor.do("insert", { insert_line: 2, new_str: "three" }),
    ];
    assert.deepEqual(
      told.map(({ said, seen }) => seen.is_error || /NOTE/.test(said)),
      told.map(() => false),
    );
    assert.equal(await editor.text(), "one\ntwo\nthree\n");
  });

  it("FF-11 knows the state after a thousand edits, and keeps ten to take back", async () => {
    const editor = await openEditor("0\n");
    for (let count = 0; count < 1_000; count++) await editor.do("str_replace", { old_str: `${count}\n`, new_str: `${count + 1}\n` });
    assert.equal(await editor.text(), "1000\n");
    for (let count = 0; count < 10; count++) assert.equal((await editor.do("undo_edit")).seen.is_error, false);
    assert.equal(await editor.text(), "990\n");
    assert.match((await editor.do("undo_edit")).said, /no edit of/);
  });
});
