import { readFile } from "node:fs/promises";

const mostIndexBytes = 64 * 1024 * 1024;
/** Before the name of an entry: times, numbers, size, hash (20 bytes of SHA-1) and flags. */
const fixedBytes = 62;
const nameMask = 0xfff;
const extended = 0x4000;

/**
 * The files that git's index names, and the folders that they are in: git does not ignore these, whatever its ignore files say.
 * Empty when there is no index, or one in a form that is not read here (versions 2 and 3 with SHA-1 are).
 */
export async function indexedFiles(index: string): Promise<ReadonlySet<string>> {
  const bytes = await readFile(index).catch(() => Buffer.alloc(0));
  const names = new Set<string>();
  if (bytes.length < 12 || bytes.length > mostIndexBytes || bytes.toString("latin1", 0, 4) !== "DIRC") return names;
  const version = bytes.readUInt32BE(4);
  if (version !== 2 && version !== 3) return names;
  let at = 12;
  for (let count = bytes.readUInt32BE(8); count > 0; count--) {
    if (at + fixedBytes > bytes.length) return new Set();
    const flags = bytes.readUInt16BE(at + fixedBytes - 2);
    const start = at + fixedBytes + ((flags & extended) === 0 ? 0 : 2);
    const end = bytes.indexOf(0, start + ((flags & nameMask) === nameMask ? nameMask : flags & nameMask));
    if (end === -1) return new Set();
    addWithFolders(names, bytes.toString("utf8", start, end));
    // Entries end with one to eight NULs, at a multiple of eight bytes from their begin.
    at += Math.floor((end - at) / 8 + 1) * 8;
  }
  return names;
}

function addWithFolders(names: Set<string>, name: string): void {
  names.add(name);
  for (let slash = name.lastIndexOf("/"); slash > 0 && !names.has(name.slice(0, slash)); slash = name.lastIndexOf("/", slash - 1))
    names.add(name.slice(0, slash));
}
