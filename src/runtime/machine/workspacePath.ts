import { realpath } from "node:fs/promises";
import path from "node:path";
import { mostPathCharacters } from "../../protocol/workspaceApi.ts";
import { RuntimeError } from "../runtime.ts";
import { lstatOrUndefined } from "./fileStats.ts";

const mostNameBytes = 255;

/** The names of a path below a workspace. Rejects whatever could lead out of it. */
export function namesBelow(relative: string): string[] {
  const names = relative.replace(/\/$/, "").split("/");
  const isLong = relative.length > mostPathCharacters || names.some((name) => Buffer.byteLength(name) > mostNameBytes);
  const isOdd = names.some((name) => name === "" || name === "." || name === "..") || /\0/.test(relative);
  // Elsewhere a backslash is a letter like others.
  if (isLong || isOdd || (path.sep === "\\" && /[\\:]/.test(relative)))
    throw new RuntimeError("invalid-path", `A path must be below the workspace: ${relative.slice(0, 200).replaceAll("\0", "\\0")}`);
  return names;
}

/** A folder whose files are reached without going through a link. */
export class LinkFreeFolder {
  readonly #root: string;
  /** Folders that have been looked at. */
  readonly #real = new Set<string>();

  private constructor(root: string) {
    this.#root = root;
  }

  static async open(root: string): Promise<LinkFreeFolder> {
    return new LinkFreeFolder(await realpath(root));
  }

  /** The absolute path. Rejects when a name above it is a link, or is there and no folder. */
  async at(relative: string): Promise<string> {
    const names = namesBelow(relative);
    let at = this.#root;
    for (const name of names.slice(0, -1)) {
      at = path.join(at, name);
      if (this.#real.has(at)) continue;
      const found = await lstatOrUndefined(at);
      if (found === undefined) break;
      if (!found.isDirectory())
        throw new RuntimeError("not-directory", `${relative} cannot be reached: ${path.relative(this.#root, at)} is no folder.`);
      this.#real.add(at);
    }
    return path.join(this.#root, ...names);
  }
}
