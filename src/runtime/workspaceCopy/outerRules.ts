import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { lstatOrUndefined } from "../machine/fileStats.ts";
import { type IgnoreRules, withRules } from "../machine/searchIgnore.ts";

/** What git ignores in `folder` by files that are not in it: the person's own ignore file, and those above it in the same work tree. */
export async function outerRules(folder: string): Promise<{ readonly rules: IgnoreRules; readonly repository: string | undefined }> {
  const repository = await workTreeOf(folder);
  const top = repository ?? folder;
  let rules = withRules(await globalIgnores(), top, undefined);
  if (top === folder) return { rules, repository };
  rules = withRules(await textOf(path.join(top, ".git", "info", "exclude")), top, rules);
  const between = path.relative(top, folder).split(path.sep);
  for (let depth = 0; depth < between.length; depth++) {
    const at = path.join(top, ...between.slice(0, depth));
    rules = withRules(await textOf(path.join(at, ".gitignore")), at, rules);
  }
  return { rules, repository };
}

async function workTreeOf(folder: string): Promise<string | undefined> {
  for (let at = folder; ; at = path.dirname(at)) {
    if ((await lstatOrUndefined(path.join(at, ".git"))) !== undefined) return at;
    if (at === path.dirname(at)) return undefined;
  }
}

async function globalIgnores(): Promise<string> {
  const home = homedir();
  const standard = path.join(home, ".config", "git");
  const configs = [await textOf(path.join(standard, "config")), await textOf(path.join(home, ".gitconfig"))].join("\n");
  const named = [...configs.matchAll(/^\s*excludesfile\s*=\s*"?(.*?)"?\s*$/gim)].at(-1)?.[1];
  return textOf(named === undefined ? path.join(standard, "ignore") : path.resolve(home, named.replace(/^~\//, `${home}/`)));
}

/** Empty when there is none that can be read. */
async function textOf(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => "");
}
