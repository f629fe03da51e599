import * as z from "zod";
import type { ThemeFile, ThemeKind } from "./catalog.ts";

/** What VS Code's settings say of themes, and which kind is on. */
export interface ThemeWish {
  readonly kind: ThemeKind;
  /** `workbench.colorTheme`. */
  readonly colorTheme: string;
  /** The settings of the theme for this kind, used when VS Code follows the system. */
  readonly preferred: string;
  readonly followsSystem: boolean;
}

const usual: Readonly<Record<ThemeKind, string>> = {
  light: "Light Modern",
  dark: "Dark Modern",
  "high contrast": "Default High Contrast",
  "high contrast light": "Default High Contrast Light",
};

/**
 * The theme that is on. VS Code does not tell its name, so it is found by the settings, and by its kind, which VS Code does tell. A theme that
 * is installed on another machine than ours cannot be read here: then it is the usual one of its kind.
 */
export function activeTheme(
  themes: readonly ThemeFile[],
  { kind, colorTheme, preferred, followsSystem }: ThemeWish,
): ThemeFile | undefined {
  const named = followsSystem ? [preferred, colorTheme] : [colorTheme, preferred];
  const ofKind = themes.filter((theme) => theme.kind === kind);
  for (const id of [...named, usual[kind]]) {
    const found = ofKind.find((theme) => theme.id === id || theme.id === `Default ${id}`);
    if (found) return found;
  }
  return ofKind[0];
}

/** A colour and a style for some scopes, as themes write it. */
export interface TokenRule {
  readonly scope?: string | string[];
  readonly settings: { readonly foreground?: string; readonly fontStyle?: string };
}

const Style = z.object({ foreground: z.string().optional(), fontStyle: z.string().optional() });
const Rule = z.object({ scope: z.union([z.string(), z.array(z.string())]).optional(), settings: Style });
const Custom = z.looseObject({ textMateRules: z.array(z.unknown()).catch([]).default([]) });

const customScopes: Readonly<Record<string, string[]>> = {
  comments: ["comment", "punctuation.definition.comment"],
  strings: ["string", "meta.embedded.assembly"],
  keywords: ["keyword - keyword.operator", "keyword.control", "storage", "storage.type"],
  numbers: ["constant.numeric"],
  types: ["entity.name.type", "entity.name.class", "support.type", "support.class"],
  functions: ["entity.name.function", "support.function"],
  variables: ["variable", "entity.name.variable"],
};

export function parseRules(rules: readonly unknown[]): TokenRule[] {
  return rules.flatMap((rule) => {
    const parsed = Rule.safeParse(rule).data;
    if (parsed === undefined) return [];
    const { foreground, fontStyle } = parsed.settings;
    const settings = { ...(foreground === undefined ? {} : { foreground }), ...(fontStyle === undefined ? {} : { fontStyle }) };
    return [parsed.scope === undefined ? { settings } : { scope: parsed.scope, settings }];
  });
}

/** The rules of `editor.tokenColorCustomizations`: for all themes, and for the one with this name. */
export function customRules(setting: unknown, themeId: string): TokenRule[] {
  const custom = Custom.safeParse(setting).data;
  if (custom === undefined) return [];
  const plain = Object.entries(customScopes).flatMap(([name, scope]) => {
    const value = custom[name];
    return parseRules([{ scope, settings: typeof value === "string" ? { foreground: value } : value }]);
  });
  const ofTheme = custom[`[${themeId}]`];
  return [...plain, ...parseRules(custom.textMateRules), ...(ofTheme === undefined ? [] : customRules(ofTheme, ""))];
}
