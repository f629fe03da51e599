import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { openChatWindow } from "../support/chatWindow.ts";
import { root } from "../support/checkout.ts";
import { until } from "../support/until.ts";

const call = (name: string, args: object): object => ({ toolCalls: [{ name, arguments: args }] });
const finish = call("finish", { message: "Done." });

describe("a window with two folders", () => {
  it("lets the agent read and edit in both without a question, names files with their folder, and asks about what lies outside", async () => {
    const at = (file: string): string => path.join(folder, file);
    const steps = [
      { command: "view", file: "second/b.txt" },
      { command: "str_replace", file: "first/a.txt", old_str: "one", new_str: "ONE" },
      { command: "str_replace", file: "second/b.txt", old_str: "two", new_str: "TWO" },
      { command: "create", file: "outside.txt", file_text: "outside\n" },
    ].map(({ file, ...step }) => ({ ...step, path: file }));
    let folder = "";
    const opens = async (made: string): Promise<string> => {
      folder = made;
      for (const step of steps) step.path = at(step.path);
      for (const name of ["first", "second"]) await mkdir(at(name));
      await writeFile(at("first/a.txt"), "one\n");
      await writeFile(at("second/b.txt"), "two\n");
      await writeFile(at("both.code-workspace"), JSON.stringify({ folders: [{ path: "first" }, { path: "second" }] }));
      return at("both.code-workspace");
    };
    await using it = await openChatWindow({ answers: [...steps.map((step) => call("file_editor", step)), finish], opens });

    await it.chat.send("Edit both.");
    await it.chat.statusIs("Waiting for your answer");
    await it.window.screenshot("two-folders");
    const question = await (await it.chat.frame()).getByRole("alertdialog").innerText();
    assert.ok(question.includes(at("outside.txt")), question);
    await it.chat.allow();
    await it.chat.statusIs("Finished");
    assert.deepEqual(await it.chat.rows(), [
      "You: Edit both.",
      "Read second/b.txt",
      "Edited first/a.txt, +1 −1",
      "Edited second/b.txt, +1 −1",
      `Created ${at("outside.txt")}, +1 −0`,
      "Finished: Done.",
    ]);
    assert.deepEqual(await Promise.all(["first/a.txt", "second/b.txt"].map((file) => readFile(at(file), "utf8"))), ["ONE\n", "TWO\n"]);
    await (await it.chat.row(/^Edited first/)).click();
    await it.chat.press("Open File");
    await it.window.page.getByRole("tab", { name: /^a\.txt/ }).waitFor();
  });
});

describe("a window on files that are on no disk", () => {
  it("shows the agent's edits as diffs, opens its files and takes edits back", async () => {
    const extension = await fakeFileSystem();
    try {
      const edit = { command: "str_replace", path: "/work/note.txt", old_str: "one", new_str: "two" };
      const opens = async (): Promise<string> => "openhands-test://somewhere/work";
      await using it = await openChatWindow({ answers: [call("file_editor", edit), finish], opens, moreExtensions: [extension] });
      const { window, chat } = it;
      await chat.send("Edit the note.");
      await chat.statusIs("Finished");
      await (await chat.row(/^Edited note\.txt/)).click();
      await chat.press("Open Diff");
      await window.page.getByRole("tab", { name: /^note\.txt \(edit\)/ }).waitFor();
      const side = (name: string): Promise<void> =>
        window.page.locator(`.${name}-in-monaco-diff-editor .view-line`, { hasText: name === "original" ? "one" : "two" }).waitFor();
      await Promise.all([side("original"), side("modified")]);
      await window.screenshot("virtual-workspace");
      await chat.press("Open File");
      await window.page.getByRole("tab", { name: /^note\.txt(?! \()/ }).waitFor();
      await until("the file", async () => (await window.editorText("work/note.txt")) === "two\n");
      await chat.press("Revert");
      await until("the edit to be taken back", async () => (await window.editorText("work/note.txt")) === "one\n");
      await (await chat.row(/^Edited note\.txt/)).getByText("Reverted").waitFor();
    } finally {
      await rm(extension, { recursive: true, force: true });
    }
  });
});

describe("a window that is loaded anew", () => {
  it("has no dead terminal of the agent, and shows it again with the next command", async () => {
    const answers = [call("terminal", { command: "echo before" }), finish, call("terminal", { command: "echo after" }), finish];
    await using it = await openChatWindow({ answers, settings: { "openhands.confirm": "never" } });
    const { window, chat } = it;
    const agents = window.page.locator(".panel").getByText(/OpenHands/);
    await chat.send("Say before.");
    await chat.statusIs("Finished");
    await window.terminalShows(/^before$/m);
    await agents.first().waitFor();
    await window.screenshot("terminal-before-reload");
    await window.reload();
    await chat.open();
    await chat.statusIs("Finished");
    await window.screenshot("terminal-after-reload");
    assert.equal(await agents.count(), 0);
    await chat.send("Say after.");
    await window.terminalShows(/^after$/m);
    await chat.statusIs("Finished");
    await until("the agent's terminal to be named", async () => (await agents.count()) > 0);
    await window.screenshot("terminal-again");
  });
});

/** The folder of an extension with the files of test/vscode/fakeFileSystem.ts. */
async function fakeFileSystem(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "openhands-file-system-"));
  await build({
    entryPoints: [path.join(root, "test/vscode/fakeFileSystem.ts")],
    outfile: path.join(folder, "extension.cjs"),
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["vscode"],
  });
  const manifest = {
    name: "fake-file-system",
    publisher: "test",
    version: "0.0.1",
    engines: { vscode: "^1.105.0" },
    main: "./extension.cjs",
    activationEvents: ["onFileSystem:openhands-test"],
    extensionKind: ["workspace"],
  };
  await writeFile(path.join(folder, "package.json"), JSON.stringify(manifest));
  return folder;
}
