import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { activeTheme, customRules } from "../../../src/extension/highlighter/activeTheme.ts";
import { type Catalog, catalogOf, scopeOf } from "../../../src/extension/highlighter/catalog.ts";
import { CodeColours, type ColourOptions } from "../../../src/extension/highlighter/codeColours.ts";
import { parseJsonc } from "../../../src/extension/highlighter/jsonc.ts";
import { noLog } from "../../../src/protocol/log.ts";
import { until } from "../../support/until.ts";
import { tempFolder } from "../../support/workspaces.ts";

const calc = {
  scopeName: "source.calc",
  patterns: [
    { match: "[0-9]+", name: "constant.numeric" },
    { begin: "#", end: "$", name: "comment.line" },
    { begin: "\\$\\(", end: "\\)", patterns: [{ include: "source.inner#words" }] },
    { match: "[\\x{21 3F}]", name: "keyword.operator" },
    { match: "(a+)+b", name: "string" },
  ],
};
const inner = { scopeName: "source.inner", patterns: [], repository: { words: { match: "let", name: "keyword.control" } } };
const injected = { scopeName: "calc.todo", injectionSelector: "L:comment", patterns: [{ match: "TODO", name: "invalid" }] };
const broken = { scopeName: "source.broken", patterns: "none" };

const base = `{ // the theme below
  "colors": { "editor.foreground": "#cccccc" },
  "tokenColors": [ { "scope": ["constant.numeric", "keyword"], "settings": { "foreground": "#111111" } }, ],
}`;
const top = {
  include: "./base.json",
  tokenColors: [
    { scope: "keyword", settings: { foreground: "#222222", fontStyle: "bold italic" } },
    { scope: "comment", settings: { foreground: "#333333", fontStyle: "italic" } },
    { scope: "invalid", settings: { foreground: "#444444" } },
  ],
};

/** Two extensions, as they lie on a disk: one brings a language, one a theme. */
async function extensionsIn(folder: string): Promise<Catalog> {
  const language = path.join(folder, "calc");
  const themes = path.join(folder, "themes");
  await mkdir(language);
  await mkdir(themes);
  for (const grammar of [calc, inner, injected, broken])
    await writeFile(path.join(language, `${grammar.scopeName}.json`), JSON.stringify(grammar));
  await writeFile(path.join(themes, "base.json"), base);
  await writeFile(path.join(themes, "top.json"), JSON.stringify(top));
  const grammars = [
    { language: "calc", scopeName: "source.calc", path: "./source.calc.json" },
    { scopeName: "source.inner", path: "./source.inner.json" },
    { scopeName: "calc.todo", path: "./calc.todo.json", injectTo: ["source.calc"] },
    { language: "broken", scopeName: "source.broken", path: "./source.broken.json" },
    { language: "gone", scopeName: "source.gone", path: "./gone.json" },
    { path: 7 },
  ];
  const languages = [{ id: "calc", aliases: ["Calc+"], extensions: [".clc"], filenames: ["Calcfile"] }, { id: "plain" }];
  return catalogOf([
    { extensionPath: language, packageJSON: { contributes: { languages, grammars } } },
    {
      extensionPath: themes,
      packageJSON: {
        contributes: {
          themes: [
            { id: "Top", label: "%top%", uiTheme: "vs-dark", path: "./top.json" },
            { label: "Other", uiTheme: "vs", path: "./o.json" },
          ],
        },
      },
    },
    { extensionPath: folder, packageJSON: undefined },
  ]);
}

const worker = new URL("../../../src/extension/highlighter/worker.ts", import.meta.url);

async function coloursIn(folder: string, options: Partial<ColourOptions> = {}): Promise<CodeColours> {
  const { grammars, themes } = await extensionsIn(folder);
  const [theme] = themes;
  assert.ok(theme);
  const rules = customRules(
    { numbers: "#555555", "[Top]": { textMateRules: [{ scope: "string", settings: { foreground: "#666666" } }] } },
    "Top",
  );
  const start = { grammars: grammars.map((grammar) => ({ ...grammar, injectTo: [...grammar.injectTo] })), theme, rules };
  return new CodeColours({ worker, start, log: noLog, ...options });
}

describe("colours of code", () => {
  it("are those of the theme, with what it includes and what the person has set, by grammars that include each other", async () => {
    await using folder = await tempFolder();
    using colours = await coloursIn(folder.path);
    assert.deepEqual(await colours.colour("source.calc", "1 x # a TODO\n$(let) ! b"), [
      [
        ["#555555", "1", 0],
        ["", " x ", 0],
        ["#333333", "# a ", 2],
        ["#444444", "TODO", 2],
      ],
      [
        ["", "$(", 0],
        ["#222222", "let", 3],
        ["", ") ", 0],
        ["#222222", "!", 3],
        ["", " b", 0],
      ],
    ]);
  });

  it("are none where a grammar is broken or not there, and others are coloured all the same", async () => {
    await using folder = await tempFolder();
    using colours = await coloursIn(folder.path);
    const [broken, gone, calc] = await Promise.all(
      ["source.broken", "source.gone", "source.calc"].map((scope) => colours.colour(scope, "1")),
    );
    assert.deepEqual([broken, gone, calc], [undefined, undefined, [[["#555555", "1", 0]]]]);
  });

  it("are given up for a block that takes too long, which is not tried again", async () => {
    await using folder = await tempFolder();
    using colours = await coloursIn(folder.path, { patienceMs: 1_500 });
    assert.ok(await colours.colour("source.calc", "1"));
    const endless = "a".repeat(60);
    assert.equal(await colours.colour("source.calc", endless), undefined);
    assert.equal(colours.isRunning, false);
    assert.equal(await colours.colour("source.calc", endless), undefined);
    // No thread was started for it again.
    assert.equal(colours.isRunning, false);
  });

  it("leave no thread behind when nobody asks", async () => {
    await using folder = await tempFolder();
    using colours = await coloursIn(folder.path, { idleMs: 20 });
    assert.equal(colours.isRunning, false);
    await colours.colour("source.calc", "1");
    await until("the thread to end", async () => !colours.isRunning);
    assert.ok(await colours.colour("source.calc", "2"));
  });

  it("find a language by its name, its aliases and the endings of its files", async () => {
    await using folder = await tempFolder();
    const catalog = await extensionsIn(folder.path);
    const fences = ["calc", "Calc+", "CLC", "calcfile {1,3}", "clc:file.clc", "plain", "", "constructor"];
    const known = "source.calc";
    assert.deepEqual(
      fences.map((fence) => scopeOf(catalog, fence)),
      [known, known, known, known, known, undefined, undefined, undefined],
    );
  });

  it("follow the theme that is on: the settings say which, and its kind decides", async () => {
    const themes = [
      { id: "Top", kind: "dark", path: "1" },
      { id: "Dark Modern", kind: "dark", path: "2" },
      { id: "Pale", kind: "light", path: "3" },
      { id: "Default Light Modern", kind: "light", path: "4" },
    ] as const;
    const wish = { kind: "dark", colorTheme: "Top", preferred: "Dark Modern", followsSystem: false } as const;
    const idOf = (more: Partial<Parameters<typeof activeTheme>[1]>): string | undefined => activeTheme(themes, { ...wish, ...more })?.id;
    assert.deepEqual(
      [
        idOf({}),
        idOf({ followsSystem: true }),
        idOf({ kind: "light", preferred: "Pale" }),
        idOf({ kind: "light", preferred: "A theme on another machine" }),
        idOf({ kind: "high contrast" }),
      ],
      ["Top", "Dark Modern", "Pale", "Default Light Modern", undefined],
    );
  });

  it("read JSON with comments, and leave texts alone", () => {
    assert.deepEqual(parseJsonc('\uFEFF{ /* a */ "a": "// no, /* no */ ,]", // b\n "b": [1, 2,],\n}'), {
      a: "// no, /* no */ ,]",
      b: [1, 2],
    });
    assert.throws(() => parseJsonc("{"), SyntaxError);
  });
});
