import { readlink, realpath } from "node:fs/promises";
import path from "node:path";
import { RuntimeError } from "../runtime.ts";
import { isNothingThere } from "./fileStats.ts";

const mostLinks = 40;

/** Where `file` really is (see Files.realPath). A link that leads to nothing yet counts as what it leads to, because a write would follow it. */
export async function realPath(file: string): Promise<string> {
  let target = path.resolve(file);
  for (let count = 0; count < mostLinks; count++) {
    const { real, missing } = await deepest(target);
    const [first, ...rest] = missing;
    if (first === undefined) return real;
    const link = await linkAt(path.join(real, first));
    if (link === undefined) return path.join(real, ...missing);
    target = path.resolve(real, link, ...rest);
  }
  throw new RuntimeError("invalid-path", `The links at ${file} lead in a circle.`);
}

/** The deepest part of `file` that is there, and the names below it. */
async function deepest(file: string): Promise<{ readonly real: string; readonly missing: readonly string[] }> {
  const missing: string[] = [];
  for (let at = file; ; at = path.dirname(at)) {
    try {
      return { real: await realpath(at), missing };
    } catch (error) {
      if (!isNothingThere(error) || at === path.dirname(at)) throw error;
    }
    missing.unshift(path.basename(at));
  }
}

async function linkAt(file: string): Promise<string | undefined> {
  try {
    return await readlink(file);
  } catch {
    // Nothing there, or no link: what is missing is simply missing.
    return undefined;
  }
}
