import { join } from "node:path";
import * as z from "zod";

/** An extension of VS Code, as far as it is looked at here. */
export interface ExtensionFolder {
  readonly extensionPath: string;
  readonly packageJSON: unknown;
}

export interface GrammarFile {
  readonly scopeName: string;
  readonly path: string;
  /** Scopes of other grammars that this one adds to. */
  readonly injectTo: readonly string[];
}

export type ThemeKind = "light" | "dark" | "high contrast" | "high contrast light";

export interface ThemeFile {
  /** What settings call it. */
  readonly id: string;
  readonly kind: ThemeKind;
  readonly path: string;
}

/** The languages and themes that the extensions of this VS Code bring. */
export interface Catalog {
  /** The scope for each name that may stand behind a fence, in lower case. */
  readonly scopes: Readonly<Record<string, string>>;
  readonly grammars: readonly GrammarFile[];
  readonly themes: readonly ThemeFile[];
}

const texts = z.array(z.string()).catch([]).default([]);

const Contributions = z.object({
  contributes: z.object({
    languages: z.array(z.unknown()).catch([]).default([]),
    grammars: z.array(z.unknown()).catch([]).default([]),
    themes: z.array(z.unknown()).catch([]).default([]),
  }),
});
const Language = z.object({ id: z.string(), aliases: texts, extensions: texts, filenames: texts });
const Grammar = z.object({ language: z.string().optional(), scopeName: z.string(), path: z.string(), injectTo: texts });
const Theme = z.object({
  id: z.string().optional(),
  label: z.string().optional(),
  uiTheme: z.enum(["vs", "vs-dark", "hc-black", "hc-light"]),
  path: z.string(),
});

const kinds: Readonly<Record<z.infer<typeof Theme>["uiTheme"], ThemeKind>> = {
  vs: "light",
  "vs-dark": "dark",
  "hc-black": "high contrast",
  "hc-light": "high contrast light",
};

/** What is not as it should be is left out. Where two bring a grammar for one language, the last one counts, as in VS Code. */
export function catalogOf(extensions: readonly ExtensionFolder[]): Catalog {
  const languages: z.infer<typeof Language>[] = [];
  const grammars: (GrammarFile & { readonly language: string | undefined })[] = [];
  const themes: ThemeFile[] = [];
  for (const { extensionPath, packageJSON } of extensions) {
    const found = Contributions.safeParse(packageJSON).data?.contributes;
    if (found === undefined) continue;
    languages.push(...found.languages.flatMap((one) => Language.safeParse(one).data ?? []));
    for (const one of found.grammars) {
      const grammar = Grammar.safeParse(one).data;
      if (grammar) grammars.push({ ...grammar, language: grammar.language, path: join(extensionPath, grammar.path) });
    }
    for (const one of found.themes) {
      const theme = Theme.safeParse(one).data;
      const id = theme?.id ?? theme?.label;
      if (theme && id !== undefined) themes.push({ id, kind: kinds[theme.uiTheme], path: join(extensionPath, theme.path) });
    }
  }
  return { scopes: scopesOf(languages, grammars), grammars: grammars.map(({ language: _, ...grammar }) => grammar), themes };
}

/** A language's own name goes before another's alias, and that before an ending of files. */
function scopesOf(
  languages: readonly z.infer<typeof Language>[],
  grammars: readonly { readonly language: string | undefined; readonly scopeName: string }[],
): Record<string, string> {
  const scopes = new Map<string, string>();
  const byLanguage = new Map<string, string>();
  for (const { language, scopeName } of grammars) if (language !== undefined) byLanguage.set(language, scopeName);
  const add = (name: string, language: string): void => {
    const scope = byLanguage.get(language);
    if (scope !== undefined && !scopes.has(name.toLowerCase())) scopes.set(name.toLowerCase(), scope);
  };
  for (const language of byLanguage.keys()) add(language, language);
  for (const { id, aliases } of languages) for (const alias of aliases) add(alias, id);
  for (const { id, extensions } of languages) for (const ending of extensions) add(ending.replace(/^\./, ""), id);
  for (const { id, filenames } of languages) for (const name of filenames) add(name, id);
  return Object.fromEntries(scopes);
}

/** The scope for what stands behind a fence, such as `ts`, `C++` or `js {1,3}`; undefined when no extension knows it. */
export function scopeOf({ scopes }: Pick<Catalog, "scopes">, fence: string): string | undefined {
  const [name = ""] = /^[^\s{,:]+/.exec(fence.trim().toLowerCase()) ?? [];
  return Object.hasOwn(scopes, name) ? scopes[name] : undefined;
}
