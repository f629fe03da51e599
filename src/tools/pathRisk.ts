import { posix } from "node:path";
import { RuntimeError } from "../runtime/runtime.ts";
import { isLikeTool, isProtected, type PathUse } from "../protocol/protectedPaths.ts";
import type { OwnRisk, RiskContext } from "./tool.ts";

/**
 * Looking is harmless inside the workspace, an edit there can be taken back; what lies outside, is protected or cannot be looked at asks.
 * Where links lead counts as well as the name that was given.
 */
export async function pathRisk(path: string, use: PathUse, { runtime, signal }: RiskContext): Promise<OwnRisk> {
  if (!posix.isAbsolute(path) || isProtected(posix.normalize(path), use)) return "HIGH";
  const { workingDir, outputDir } = runtime.info;
  try {
    const { files } = runtime;
    const [real, root] = await Promise.all([files.realPath(posix.normalize(path), signal), files.realPath(workingDir, signal)]);
    if (isProtected(real, use)) return "HIGH";
    if (isInside(real, root)) return use === "read" ? "LOW" : writeRisk(posix.relative(root, real));
    if (use === "write" || outputDir === null) return "HIGH";
    return isInside(real, await runtime.files.realPath(outputDir, signal)) ? "LOW" : "HIGH";
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    return "HIGH";
  }
}

/** Whole names are compared: `/work-2/a` is not inside `/work`. */
function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

function writeRisk(relative: string): OwnRisk {
  return isLikeTool(relative) ? "HIGH" : "MEDIUM";
}
