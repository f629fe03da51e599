import { posix } from "node:path";
import { RuntimeError } from "../runtime/runtime.ts";
import { EditError } from "./edits.ts";
import type { ToolContext } from "./tool.ts";

const longestPath = 4_095;

/** Throws an EditError for what is no absolute path, with the one that may have been meant. */
export async function checkPath(path: string, { runtime, signal }: Pick<ToolContext, "runtime" | "signal">): Promise<void> {
  if (path.includes("\0")) throw new EditError("The path holds a NUL character. Give an absolute path.");
  if (Buffer.byteLength(path) > longestPath) throw new EditError(`The path is too long: ${path.slice(0, 100)}…`);
  if (posix.isAbsolute(path)) return;
  if (path.startsWith("~"))
    throw new EditError(`The path ${path} is not absolute: ~ is not expanded here. Run \`echo ~\` to learn what it stands for.`);
  if (/^[a-z][\w+.-]+:\/\//i.test(path)) throw new EditError(`The path ${path} is an address. Give the absolute path of a file.`);
  const absolute = posix.join(runtime.info.workingDir, path);
  const isThere = await runtime.files.stat(absolute, signal).catch(nothingThere);
  throw new EditError(`The path ${path} is not absolute.${isThere === undefined ? "" : ` Did you mean ${absolute}?`}`);
}

function nothingThere(error: unknown): undefined {
  if (!(error instanceof RuntimeError)) throw error;
}
