import { parentPort, workerData } from "node:worker_threads";
import { createHighlighterCore, type HighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import type { CodeToken } from "../../protocol/chat.ts";
import { messageOf } from "../../protocol/thrown.ts";
import { parseRules } from "./activeTheme.ts";
import { readGrammars } from "./grammarFiles.ts";
import { CodeQuestion, WorkerStart } from "./messages.ts";
import { readTheme } from "./themeFile.ts";

/** Colours code in a thread of its own, because a grammar may take as long as it likes; whoever asks ends the thread then. */
const start = WorkerStart.parse(workerData);
const theme = "active";
const loaded = new Set<string>();
const highlighter = open();

parentPort?.on("message", (message: unknown) => {
  const { id, scope, text } = CodeQuestion.parse(message);
  colour(scope, text).then(
    (lines) => parentPort?.postMessage({ id, lines }),
    (error: unknown) => parentPort?.postMessage({ id, fault: messageOf(error) }),
  );
});

async function open(): Promise<HighlighterCore> {
  const { colors, rules } = await readTheme(start.theme.path);
  const type = start.theme.kind.endsWith("light") ? "light" : "dark";
  const tokenColors = [...rules, ...parseRules(start.rules)];
  return createHighlighterCore({
    themes: [{ name: theme, type, colors: { ...colors }, tokenColors }],
    langs: [],
    // A pattern that JavaScript cannot express matches nothing, and the rest of the grammar still colours.
    engine: createJavaScriptRegexEngine({ forgiving: true }),
    warnings: false,
  });
}

async function colour(scope: string, text: string): Promise<CodeToken[][]> {
  const shiki = await highlighter;
  if (!loaded.has(scope)) {
    const grammars = await readGrammars(start.grammars, scope, loaded);
    await shiki.loadLanguage(...grammars);
    for (const { name } of grammars) loaded.add(name);
  }
  const { fg } = shiki.getTheme(theme);
  const lines = shiki.codeToTokensBase(text, { lang: scope, theme, tokenizeMaxLineLength: 2_000, tokenizeTimeLimit: 0 });
  return lines.map((line) => {
    const tokens: CodeToken[] = [];
    for (const { content, color = "", fontStyle = 0 } of line) {
      const own = color.toLowerCase() === fg.toLowerCase() ? "" : color;
      const style = styleOf(fontStyle);
      const before = tokens.at(-1);
      if (before && before[0] === own && before[2] === style) before[1] += content;
      else tokens.push([own, content, style]);
    }
    return tokens;
  });
}

/** Shiki's bits are 1 for italic and 2 for bold; -1 is for none. */
function styleOf(fontStyle: number): number {
  return fontStyle < 0 ? 0 : ((fontStyle & 2) >> 1) | ((fontStyle & 1) << 1);
}
