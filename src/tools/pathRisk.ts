import { posix } from "node:path";
import { isLikeTool, isProtected, isSecret, type PathUse } from "../protocol/protectedPaths.ts";
import type { RiskReason } from "../protocol/riskReasons.ts";
import { type Runtime, RuntimeError } from "../runtime/runtime.ts";
import { lowRisk, type OwnRisk, type RiskContext } from "./tool.ts";

/**
 * Looking is harmless inside the workspace's folders, an edit there can be taken back; what lies outside, is protected or cannot be looked at
 * asks. Where links lead counts as well as the name that was given. In a sandbox that works on a copy nothing asks: the person reviews what
 * comes out of it.
 */
export async function pathRisk(path: string, use: PathUse, { runtime, signal }: RiskContext): Promise<OwnRisk> {
  if (isReviewed(runtime)) return use === "read" ? lowRisk : edits;
  if (!posix.isAbsolute(path)) return high("unreadable");
  const named = posix.normalize(path);
  if (isProtected(named, use)) return high(isSecret(named) ? "secret" : "protected");
  const { workingDir, folders = [workingDir], outputDir } = runtime.info;
  try {
    const realPath = (one: string): Promise<string> => runtime.files.realPath(one, signal);
    const [real, ...roots] = await Promise.all([named, workingDir, ...folders].map(realPath));
    if (real === undefined) return high("unreadable");
    if (isProtected(real, use)) return high(isSecret(real) ? "secret" : "protected");
    const around = roots.filter((root) => isInside(real, root));
    if (around.length > 0) return use === "read" ? lowRisk : writeRisk(real, around);
    if (use === "write" || outputDir === null) return high("outside");
    return isInside(real, await realPath(outputDir)) ? lowRisk : high("outside");
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    return high("unreadable");
  }
}

const edits: OwnRisk = { level: "MEDIUM", reason: "edit" };

/** Whether a person looks at the changes before anything of theirs is changed. */
export function isReviewed({ info }: Runtime): boolean {
  return info.isSandboxed && info.isCopy === true;
}

function high(reason: RiskReason): OwnRisk {
  return { level: "HIGH", reason };
}

/** Whole names are compared: `/work-2/a` is not inside `/work`. */
function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

function writeRisk(path: string, roots: readonly string[]): OwnRisk {
  return roots.some((root) => isLikeTool(posix.relative(root, path))) ? high("program") : edits;
}
