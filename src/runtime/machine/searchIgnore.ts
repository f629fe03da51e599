import path from "node:path";
import { type GlobMatcher, globMatcher } from "./searchGlob.ts";

interface IgnoreRule {
  readonly matches: GlobMatcher;
  readonly isForFolders: boolean;
  readonly isNegated: boolean;
}

/** The rules of one ignore file and of those above it. */
export interface IgnoreRules {
  /** What the patterns are relative to. */
  readonly folder: string;
  readonly rules: readonly IgnoreRule[];
  readonly above: IgnoreRules | undefined;
}

/** `above` with the rules of an ignore file that holds for `folder`. */
export function withRules(text: string, folder: string, above: IgnoreRules | undefined): IgnoreRules {
  const rules = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .flatMap(ruleOf);
  return { folder, rules, above };
}

/** The innermost file decides, and in it the last rule that fits. */
export function isIgnored(file: string, kind: "file" | "directory", rules: IgnoreRules | undefined): boolean {
  for (let level = rules; level !== undefined; level = level.above) {
    if (level.rules.length === 0) continue;
    const relative = path.relative(level.folder, file).replaceAll(path.sep, "/");
    const rule = level.rules.findLast(({ matches, isForFolders }) => (kind === "directory" || !isForFolders) && matches(relative));
    if (rule !== undefined) return !rule.isNegated;
  }
  return false;
}

function ruleOf(line: string): IgnoreRule[] {
  const text = line.startsWith("#") ? "" : line.replace(/(?<!\\)[ \t]+$/, "");
  const isNegated = text.startsWith("!");
  const pattern = isNegated ? text.slice(1) : text;
  const isForFolders = pattern.endsWith("/");
  const body = isForFolders ? pattern.slice(0, -1) : pattern;
  if (body === "" || body === "/") return [];
  const isAnchored = body.includes("/");
  const matches = isAnchored ? anchored(body.replace(/^\//, "")) : anywhere(body);
  return [{ matches, isForFolders, isNegated }];
}

/** Most patterns are plain names and endings, and each file is held against every pattern. */
function anchored(glob: string): GlobMatcher {
  return isPlain(glob) ? (relative) => relative === glob : globMatcher(glob, { braces: "letters" });
}

function anywhere(glob: string): GlobMatcher {
  const ending = glob.slice(1);
  if (isPlain(glob)) return (relative) => relative === glob || relative.endsWith(`/${glob}`);
  if (glob.startsWith("*") && isPlain(ending)) return (relative) => relative.endsWith(ending);
  return globMatcher(`**/${glob}`, { braces: "letters" });
}

const isPlain = (glob: string): boolean => !/[*?[\\]/.test(glob);
