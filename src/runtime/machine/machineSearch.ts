import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { type Files, RuntimeError } from "../runtime.ts";
import { fileError } from "./fileErrors.ts";
import { isNothingThere, kindOf } from "./fileStats.ts";
import { BoundedSearch, type SearchEngine } from "./searchEngine.ts";
import { ripgrepSearch } from "./searchRipgrep.ts";
import { walkSearch } from "./searchWalk.ts";

export interface MachineSearchOptions {
  readonly files: Files;
  /** Nothing in it is started: a program in there is the workspace's, not the person's. */
  readonly workingDir: string;
  /** Programs that are tried before `rg` on the PATH; `"none"`: our own search only. */
  readonly ripgrep?: readonly string[] | "none" | undefined;
  readonly timeoutMs?: number;
}

/** Searches this machine's files with ripgrep, or without it where there is none. */
export function openMachineSearch({ files, workingDir, ripgrep = [], timeoutMs }: MachineSearchOptions): BoundedSearch {
  let engine: Promise<SearchEngine> | undefined;
  return new BoundedSearch({
    engine: () => (engine ??= openSearchEngine(files, workingDir, ripgrep)),
    checkFolder: (folder, signal) => checkFolder(folder, signal),
    modified: async (file) => (await stat(file, { bigint: true }).catch(() => undefined))?.mtimeNs,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

/** Ripgrep, or our own search where there is none; nothing in `workingDir` is started for it. */
export async function openSearchEngine(files: Files, workingDir: string, ripgrep: readonly string[] | "none"): Promise<SearchEngine> {
  const program = ripgrep === "none" ? undefined : await findRipgrep(ripgrep, workingDir);
  return program === undefined
    ? walkSearch({ list: unsorted, read: (file, options) => files.read(file, options) })
    : ripgrepSearch(program);
}

/** As the disk has them, because sorting a huge folder would hold up everything else. */
async function unsorted(folder: string, signal: AbortSignal): ReturnType<Files["list"]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  } catch (error) {
    throw fileError(error, folder, signal);
  }
}

async function findRipgrep(given: readonly string[], workingDir: string): Promise<string | undefined> {
  const name = process.platform === "win32" ? "rg.exe" : "rg";
  const folders = (process.env["PATH"] ?? "").split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const outside = folders.filter((folder) => path.relative(workingDir, folder).split(path.sep)[0] === "..");
  for (const program of [...given, ...outside.map((folder) => path.join(folder, name))]) {
    if (await runs(program)) return program;
  }
  return undefined;
}

/** Whether it is a program for this machine: another system's copy may lie beside ours. */
async function runs(program: string): Promise<boolean> {
  try {
    await access(program, constants.X_OK);
    const { stdout } = await promisify(execFile)(program, ["--version"], { timeout: 5_000 });
    return stdout.startsWith("ripgrep");
  } catch {
    // Because whatever keeps it from running, it is no ripgrep for us.
    return false;
  }
}

async function checkFolder(folder: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!path.isAbsolute(folder) || folder.includes("\0"))
    throw new RuntimeError("invalid-path", `The path must be absolute and without NUL characters: ${folder}`);
  try {
    const found = await stat(folder);
    if (!found.isDirectory()) throw new RuntimeError("not-directory", `${folder} is not a directory.`);
    await access(folder, constants.R_OK | constants.X_OK);
  } catch (error) {
    if (isNothingThere(error)) throw new RuntimeError("not-found", `There is nothing at ${folder}.`, { cause: error });
    throw fileError(error, folder, signal);
  }
}
