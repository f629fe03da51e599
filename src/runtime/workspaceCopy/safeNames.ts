import { isLikeTool, isProtected } from "../../protocol/protectedPaths.ts";

const mostPathBytes = 4_000;
const mostNameBytes = 255;

/** Windows takes these for devices, whatever comes behind a dot. */
const device = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;

/**
 * Why nothing may be written at `path`, which a sandbox has named; undefined when the names are safe. `isKnown`: the person has a file of that
 * name, so that this system can have it. What is on the disk is another question.
 */
export function nameRefusal(path: string, { isKnown }: { readonly isKnown: boolean }): string | undefined {
  const names = path.split("/");
  if (path.includes("\0")) return "Its name has a NUL.";
  if (names.some((name) => name === "" || name === "." || name === ".."))
    return "Its path leaves the workspace, or has a part that is no name.";
  if (Buffer.byteLength(path) > mostPathBytes || names.some((name) => Buffer.byteLength(name) > mostNameBytes))
    return "Its name is too long.";
  if (names.some(isGitName)) return "It is in a git repository's own folder, which is never written from a sandbox.";
  if (isKnown) return undefined;
  if (/^[a-z]:/i.test(path) || names.some((name) => device.test(name) || /[<>:"|?*\\]/.test(name) || /[ .]$/.test(name)))
    return "Not every system can have its name.";
  if (/[\p{Cc}\p{Cf}\u2028\u2029\uFFFD]/u.test(path)) return "Its name has characters that cannot be seen.";
  return undefined;
}

/** Whether something else runs or trusts what is at `path`, whatever way its name is written. */
export function isProtectedName(path: string): boolean {
  const plain = plainName(path);
  return isProtected(path, "write") || isProtected(plain, "write") || isLikeTool(path) || isLikeTool(plain);
}

/** Also as some file system would take it for that name: in other letters, with invisible ones, shortened, or as a stream. */
function isGitName(name: string): boolean {
  const plain = plainName(name).replace(/[:\\].*$/, "");
  return /^\.git[ .]*$/.test(plain) || /^git~\d+$/.test(plain) || plain.split("\\").some((part) => part === ".git");
}

/** One form for all that some file system takes for the same: composed, without what cannot be seen, in small letters. */
function plainName(path: string): string {
  return path
    .replaceAll(/[\p{Cf}\p{Cc}\u034f\u115f\u1160\u17b4\u17b5\ufe00-\ufe0f\ufeff]/gu, "")
    .normalize("NFKC")
    .toUpperCase()
    .toLowerCase()
    .split("/")
    .map((name) => name.replace(/[ .]+$/, "") || name)
    .join("/");
}
