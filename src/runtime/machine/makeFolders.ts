import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { codeOf } from "../../protocol/thrown.ts";

/**
 * Makes the folder and those above it; one that is there already is as well. Rejects as the system says.
 *
 * Not by Node's own `recursive`, which tries for ever where a folder is there and takes none, such as in /proc.
 */
export async function makeFolders(folder: string, mode?: number): Promise<void> {
  try {
    await mkdir(folder, mode);
  } catch (error) {
    if (await isFolder(folder)) return;
    if (codeOf(error) !== "ENOENT" || path.dirname(folder) === folder) throw error;
    await makeFolders(path.dirname(folder), mode);
    await mkdir(folder, mode).catch(async (cause: unknown) => {
      // Another one may have made it meanwhile.
      if (!(await isFolder(folder))) throw cause;
    });
  }
}

async function isFolder(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => undefined))?.isDirectory() ?? false;
}
