import assert from "node:assert/strict";
import { type Editor, file, openEditor } from "./editor.ts";

/** Files of an editor that ends every line with a semicolon when it saves, and says so. */
function formatting(content?: string): Promise<Editor> {
  return openEditor(content, (files) => ({
    write: async (path, bytes, options) => {
      const given = Buffer.from(bytes).toString();
      const formatted = given.replaceAll(/(?<!;)\n/g, ";\n");
      const written = await files.write(path, Buffer.from(formatted), options);
      const notes = ["The editor formatted the file when it was saved."];
      return formatted === given ? written : { ...written, notes, isOtherwise: true };
    },
  }));
}

describe("an edit that is saved as something else", () => {
  it("is told as it really is, remembered so, and can be taken back", async () => {
    const editor = await formatting("a;\nb;\nc;\n");
    await editor.do("view");
    const { said, seen } = await editor.do("str_replace", { old_str: "b;", new_str: "b2\nb3" });
    assert.equal(
      said,
      [
        `Edited ${file}.`,
        "NOTE: saving it has changed it; it is not what you wrote, but:",
        "      1\ta;",
        "-     2\tb2",
        "-     3\tb3",
        "+     2\tb2;",
        "+     3\tb3;",
        "      4\tc;",
        "The editor formatted the file when it was saved.",
      ].join("\n"),
    );
    assert.deepEqual([seen.old_content, seen.new_content], ["a;\nb;\nc;\n", "a;\nb2;\nb3;\nc;\n"]);
    const next = await editor.do("insert", { insert_line: 4, new_str: "d;" });
    assert.doesNotMatch(next.said, /had changed since you read it/);
    await editor.do("undo_edit");
    const undone = await editor.do("undo_edit");
    assert.deepEqual([undone.seen.is_error, undone.seen.new_content, await editor.text()], [false, "a;\nb;\nc;\n", "a;\nb;\nc;\n"]);
  });

  it("is told of a creation, too", async () => {
    const editor = await formatting();
    const { said, seen } = await editor.do("create", { file_text: "a\n" });
    assert.match(said, /^Created \/work\/file\.txt\.\nNOTE: saving it has changed it[^]*\+ {5}1\ta;\nThe editor formatted/);
    assert.equal(seen.new_content, "a;\n");
  });

  it("adds what the editor says of the file to the usual answer", async () => {
    const editor = await openEditor("a\n", (files) => ({
      write: async (...args) => ({ ...(await files.write(...args)), notes: ["New problems: line 1: b is not defined."] }),
    }));
    const { said } = await editor.do("str_replace", { old_str: "a", new_str: "b" });
    assert.match(said, /^Edited \/work\/file\.txt\. It now reads:\n +1\tb\nNew problems: line 1: b is not defined\.$/);
  });

  it("is a good edit also when the file cannot be read again", async () => {
    const editor = await openEditor("a\n", (files) => ({
      write: async (path, _bytes, options) => ({ ...(await files.write(path, Buffer.from([0, 1, 2]), options)), isOtherwise: true }),
    }));
    const { said, seen } = await editor.do("str_replace", { old_str: "a", new_str: "b" });
    assert.match(said, /^Edited [^]*is not what was written, and could not be read again: .* binary/);
    assert.deepEqual([seen.is_error, seen.new_content], [false, "b\n"]);
  });
});
