import { readFile } from "node:fs/promises";
import type { LanguageRegistration } from "shiki/core";
import * as z from "zod";
import type { GrammarFile } from "./catalog.ts";
import { parseJsonc } from "./jsonc.ts";

/** Markdown names all languages; beyond that many grammars a block is not worth the wait. */
const mostGrammars = 100;

const Grammar = z.looseObject({
  scopeName: z.string(),
  patterns: z.array(z.looseObject({})).default([]),
  repository: z.record(z.string(), z.looseObject({})).default({}),
});

/**
 * The grammar with this scope, with those that it includes and those that are injected into them, as far as they are there and not `loaded`
 * yet. Each is named by its scope.
 */
export async function readGrammars(
  grammars: readonly GrammarFile[],
  scope: string,
  loaded: ReadonlySet<string>,
): Promise<LanguageRegistration[]> {
  const byScope = new Map(grammars.toReversed().map((grammar) => [grammar.scopeName, grammar]));
  const wanted = [scope];
  const seen = new Set([...loaded, scope]);
  const read: LanguageRegistration[] = [];
  const want = (name: string): void => {
    if (seen.has(name) || !byScope.has(name)) return;
    seen.add(name);
    wanted.push(name);
  };
  for (let name = wanted.shift(); name !== undefined && read.length < mostGrammars; name = wanted.shift()) {
    const file = byScope.get(name);
    if (file === undefined || loaded.has(name)) continue;
    const text = await readFile(file.path, "utf8");
    const grammar = parsed(text);
    if (grammar === undefined) continue;
    read.push({ ...grammar, name, scopeName: name, injectTo: [...file.injectTo] });
    for (const included of includesIn(text)) want(included);
    for (const { injectTo, scopeName } of grammars) if (injectTo.includes(name)) want(scopeName);
  }
  return read;
}

/** Undefined for TextMate's own XML, which a few old grammars are written in. */
function parsed(text: string): z.infer<typeof Grammar> | undefined {
  return text.trimStart().startsWith("<") ? undefined : Grammar.parse(parseJsonc(text.replaceAll(severalCodes, inSingles)));
}

/** `\x{85 2028}` of Oniguruma, as it stands in JSON, in the form that the JavaScript engine understands; VS Code's YAML is full of it. */
const severalCodes = /\\\\x\{([0-9a-f]+(?: [0-9a-f]+)+)\}/gi;
const inSingles = (_: string, codes: string): string =>
  codes
    .split(" ")
    .map((code) => `\\\\x{${code}}`)
    .join("");

/** The scopes of other grammars: `"include": "source.css#rules"`. */
function includesIn(grammar: string): Set<string> {
  return new Set([...grammar.matchAll(/"include"\s*:\s*"([a-z][\w.+-]*)/gi)].map(([, scope = ""]) => scope));
}
