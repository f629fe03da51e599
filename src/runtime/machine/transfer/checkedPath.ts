import { realpath } from "node:fs/promises";
import path from "node:path";
import { RuntimeError } from "../../runtime.ts";

/** `file` itself when it is absolute and says plainly where it leads; rejects with RuntimeError `invalid-path` otherwise. */
export function checkedPath(file: string): string {
  if (!path.isAbsolute(file)) throw new RuntimeError("invalid-path", `The path must be absolute: ${file}`);
  if (file.includes("\0")) throw new RuntimeError("invalid-path", "The path must be without NUL characters.");
  if (file.split(/[\\/]/).includes("..")) throw new RuntimeError("invalid-path", `The path must be without "..": ${file}`);
  return file;
}

const systemFolders = ["/proc", "/sys", "/dev"];

/** Because what the system shows as files there tells of other processes, or does something when it is opened. */
export async function refuseSystemFile(file: string): Promise<void> {
  const real = await realpath(file);
  if (!systemFolders.some((folder) => real === folder || real.startsWith(`${folder}/`))) return;
  throw new RuntimeError("no-permission", `${file} belongs to the system, and is neither read nor written.`);
}
