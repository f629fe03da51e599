import { lstat, realpath } from "node:fs/promises";
import path from "node:path";
import { RuntimeError } from "../../runtime.ts";
import { fileError } from "../fileErrors.ts";
import { type Download, openDownload } from "./openDownload.ts";

/**
 * The ordinary file at `relative` below `folder`; of a folder, its `index.html`. Nothing on the way may be a link, so that nothing elsewhere is
 * reached. Rejects with RuntimeError: `invalid-path` for what leads out or is a link.
 */
export async function openBelow(
  folder: string,
  relative: string,
  signal: AbortSignal,
): Promise<{ readonly file: Download; readonly path: string }> {
  try {
    let at = await realpath(folder);
    for (const name of partsOf(relative)) {
      at = path.join(at, name);
      if ((await lstat(at)).isSymbolicLink()) throw new RuntimeError("invalid-path", "Nothing is served through links.");
    }
    if ((await lstat(at)).isDirectory()) at = path.join(at, "index.html");
    if ((await lstat(at)).isSymbolicLink()) throw new RuntimeError("invalid-path", "Nothing is served through links.");
    return { file: await openDownload(at, signal), path: at };
  } catch (error) {
    throw fileError(error, relative, signal);
  }
}

function partsOf(relative: string): string[] {
  const parts = relative.split("/").filter((part) => part !== "" && part !== ".");
  const isOdd = parts.some((part) => part === ".." || /[\\\0]/.test(part));
  if (isOdd) throw new RuntimeError("invalid-path", "The path leads out of the workspace.");
  return parts;
}
