import path from "node:path";
import { MachineFiles } from "../../runtime/machine/machineFiles.ts";
import { openSearchEngine } from "../../runtime/machine/machineSearch.ts";
import type { SearchEngine } from "../../runtime/machine/searchEngine.ts";
import { walkSearch } from "../../runtime/machine/searchWalk.ts";
import { ripgrepPrograms } from "../localRuntime/localRuntime.ts";
import { diskPlace } from "../localRuntime/place.ts";
import { windowPlace } from "../localRuntime/windowFiles.ts";
import { WorkspaceFiles } from "../localRuntime/workspaceFiles.ts";

const mostFiles = 50_000;
const longestMs = 5_000;

/** The files of these folders, without what git ignores: as many as are found until time or room is up. */
export async function workspaceFiles(folders: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(folders.map((folder) => filesBelow(folder)));
  return lists.flat().slice(0, mostFiles);
}

async function filesBelow(folder: string): Promise<string[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(longestMs)]);
  const engine = await searchEngine(folder);
  const found: string[] = [];
  try {
    for await (const files of engine.files(folder, { signal, miss: () => undefined })) {
      found.push(...files.map((file) => path.normalize(file.path)));
      if (found.length >= mostFiles) break;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stop.abort();
  }
  return found;
}

async function searchEngine(folder: string): Promise<SearchEngine> {
  const place = windowPlace();
  return place === diskPlace ? openSearchEngine(new MachineFiles(), folder, ripgrepPrograms()) : walkSearch(new WorkspaceFiles(place));
}
