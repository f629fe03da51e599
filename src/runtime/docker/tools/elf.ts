import { type FileHandle, open } from "node:fs/promises";

/** What a 64-bit little-endian ELF file needs to be started. */
export interface ElfNeeds {
  readonly machine: "x64" | "arm64" | undefined;
  /** The loader that starts it; libraries have none. */
  readonly loader: string | undefined;
  /** Names of libraries. */
  readonly needed: readonly string[];
  /** Folders in which it wants them looked for first; `$ORIGIN` is its own. */
  readonly runPath: readonly string[];
}

const tags = { needed: 1, strings: 5, rpath: 15, runPath: 29 };
const segments = { load: 1, dynamic: 2, interpreter: 3 };
const machines: Readonly<Record<number, ElfNeeds["machine"]>> = { 0x3e: "x64", 0xb7: "arm64" };
const mostSegments = 64;
const mostDynamicBytes = 64 * 1024;
const mostNameBytes = 4096;

/** Undefined when the file is no such ELF file. */
export async function readElf(path: string): Promise<ElfNeeds | undefined> {
  const file = await open(path, "r");
  try {
    return await readFrom(file);
  } finally {
    await file.close();
  }
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

async function readFrom(file: FileHandle): Promise<ElfNeeds | undefined> {
  const head = await bytesAt(file, 0, 64);
  if (head.length < 64 || head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2 || head[5] !== 1) return undefined;
  const all = await readSegments(file, head);
  const interpreter = all.find(({ type }) => type === segments.interpreter);
  const entries = await readDynamic(file, all);
  const strings = fileOffset(entries.find(({ tag }) => tag === tags.strings)?.value, all);
  const namesOf = async (...wanted: number[]): Promise<string[]> => {
    if (strings === undefined) return [];
    return Promise.all(entries.filter(({ tag }) => wanted.includes(tag)).map(({ value }) => nameAt(file, strings + value)));
  };
  return {
    machine: machines[head.readUInt16LE(18)],
    loader: interpreter === undefined ? undefined : await nameAt(file, interpreter.offset),
    needed: await namesOf(tags.needed),
    runPath: (await namesOf(tags.rpath, tags.runPath)).flatMap((paths) => paths.split(":")).filter((folder) => folder !== ""),
  };
}

async function readSegments(file: FileHandle, head: Buffer): Promise<Segment[]> {
  const size = head.readUInt16LE(54);
  const count = Math.min(head.readUInt16LE(56), mostSegments);
  const table = await bytesAt(file, numberAt(head, 32), size * count);
  if (size < 56) return [];
  return Array.from({ length: Math.floor(table.length / size) }, (_, index) => {
    const entry = table.subarray(index * size);
    return { type: entry.readUInt32LE(0), offset: numberAt(entry, 8), address: numberAt(entry, 16), size: numberAt(entry, 32) };
  });
}

async function readDynamic(file: FileHandle, all: readonly Segment[]): Promise<{ tag: number; value: number }[]> {
  const dynamic = all.find(({ type }) => type === segments.dynamic);
  if (dynamic === undefined) return [];
  const table = await bytesAt(file, dynamic.offset, Math.min(dynamic.size, mostDynamicBytes));
  const entries = Array.from({ length: Math.floor(table.length / 16) }, (_, index) => ({
    tag: numberAt(table, index * 16),
    value: numberAt(table, index * 16 + 8),
  }));
  const end = entries.findIndex(({ tag }) => tag === 0);
  return end < 0 ? entries : entries.slice(0, end);
}

function fileOffset(address: number | undefined, all: readonly Segment[]): number | undefined {
  if (address === undefined) return undefined;
  const holder = all.find((part) => part.type === segments.load && address >= part.address && address < part.address + part.size);
  return holder === undefined ? undefined : address - holder.address + holder.offset;
}

async function nameAt(file: FileHandle, offset: number): Promise<string> {
  const bytes = await bytesAt(file, offset, mostNameBytes);
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString("utf8");
}

/** Sizes and offsets of files are far below what a number holds exactly; nonsense becomes a place behind the end. */
function numberAt(bytes: Buffer, offset: number): number {
  const value = bytes.readBigUInt64LE(offset);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}

async function bytesAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { size } = await file.stat();
  if (offset >= size) return bytes.subarray(0, 0);
  const { bytesRead } = await file.read(bytes, 0, length, offset);
  return bytes.subarray(0, bytesRead);
}
