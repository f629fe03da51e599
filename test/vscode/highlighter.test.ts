import assert from "node:assert/strict";
import path from "node:path";
import * as vscode from "vscode";
import { Highlighter } from "../../src/extension/highlighter/highlighter.ts";
import { noLog } from "../../src/protocol/log.ts";

/** The colours of `Dark Modern` and `Light Modern`, as this VS Code draws them in its editors. */
const colours = { "Dark Modern": ["#569CD6", "#4FC1FF", "#B5CEA8"], "Light Modern": ["#0000FF", "#0070C1", "#098658"] } as const;

describe("colours of code in the chat", () => {
  const folder = vscode.extensions.getExtension("openhands.openhands-vscode")?.extensionPath ?? "";
  const highlighter = new Highlighter(path.join(folder, "dist", "highlighter.cjs"), noLog);
  const workbench = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration("workbench");
  after(async () => {
    highlighter.dispose();
    await workbench().update("colorTheme", undefined, vscode.ConfigurationTarget.Global);
  });

  async function colourOf(language: string, text: string, piece: string): Promise<string | undefined> {
    const lines = await highlighter.highlight(language, text);
    return lines?.flat().find(([, part]) => part.trim() === piece)?.[0];
  }

  for (const [theme, expected] of Object.entries(colours)) {
    it(`are those of the editor in ${theme}`, async () => {
      const changed = new Promise<void>((resolve) => void highlighter.onDidChange(resolve));
      const isOn = workbench().get("colorTheme") === theme;
      if (!isOn) await workbench().update("colorTheme", theme, vscode.ConfigurationTarget.Global);
      if (!isOn) await changed;
      const kind = theme.startsWith("Dark") ? vscode.ColorThemeKind.Dark : vscode.ColorThemeKind.Light;
      while (vscode.window.activeColorTheme.kind !== kind)
        await new Promise((resolve) => vscode.window.onDidChangeActiveColorTheme(resolve));
      const found = await Promise.all(["const", "answer", "42"].map((piece) => colourOf("ts", "const answer = 42;", piece)));
      assert.deepEqual(found, expected);
    });
  }

  it("know every language that this VS Code knows, YAML with its own patterns too", async () => {
    const samples = {
      python: "def f(): pass",
      sh: "for x in y; do echo; done",
      yaml: "key: 12",
      json: '{"a": 1}',
      rust: "fn main() {}",
      css: "a { color: red }",
    };
    for (const [language, text] of Object.entries(samples)) {
      const kinds = new Set((await highlighter.highlight(language, text))?.flat().map(([colour]) => colour));
      assert.ok(kinds.size > 1, `${language} has ${[...kinds].join(", ")}`);
    }
    assert.notEqual(await colourOf("yaml", "key: 12", "key"), await colourOf("yaml", "key: 12", "12"));
  });

  it("are left to the plain text where nobody knows the language, or it is too long", async () => {
    assert.equal(await highlighter.highlight("klingon", "x"), undefined);
    assert.equal(await highlighter.highlight("ts", "x".repeat(20_001)), undefined);
  });
});
