import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";
import { parseRules, type TokenRule } from "./activeTheme.ts";
import { parseJsonc } from "./jsonc.ts";

/** The colours of a theme, with those of the themes that it includes below them. */
export interface ThemeColors {
  readonly colors: Readonly<Record<string, string>>;
  readonly rules: readonly TokenRule[];
}

const File = z.object({
  include: z.string().optional(),
  colors: z.record(z.string(), z.unknown()).catch({}).default({}),
  /** Rules, or the path of a file with them. */
  tokenColors: z
    .union([z.string(), z.array(z.unknown())])
    .catch([])
    .default([]),
});

const mostIncludes = 8;

/** Rejects when a file cannot be read, or is one of TextMate's own XML. */
export async function readTheme(path: string, depth = 0): Promise<ThemeColors> {
  const { include, colors, tokenColors } = File.parse(parseJsonc(await readFile(path, "utf8")));
  const below: ThemeColors =
    include === undefined || depth === mostIncludes ? { colors: {}, rules: [] } : await readTheme(join(dirname(path), include), depth + 1);
  const elsewhere =
    typeof tokenColors === "string" && depth < mostIncludes ? await readTheme(join(dirname(path), tokenColors), depth + 1) : undefined;
  const own = typeof tokenColors === "string" ? (elsewhere?.rules ?? []) : parseRules(tokenColors);
  const texts = Object.entries(colors).flatMap(([name, value]) => (typeof value === "string" ? [[name, value] as const] : []));
  return { colors: { ...below.colors, ...Object.fromEntries(texts) }, rules: [...below.rules, ...own] };
}
