import { BoundedSearch } from "../machine/searchEngine.ts";
import { walkSearch } from "../machine/searchWalk.ts";
import { RuntimeError } from "../runtime.ts";
import type { MemoryFiles } from "./memoryFiles.ts";

/** Searches files in memory. */
export function memorySearch(files: MemoryFiles): BoundedSearch {
  const engine = walkSearch(files);
  return new BoundedSearch({
    engine: async () => engine,
    checkFolder: async (folder, signal) => {
      const found = await files.stat(folder, signal);
      if (found === undefined) throw new RuntimeError("not-found", `There is nothing at ${folder}.`);
      if (found.kind !== "directory") throw new RuntimeError("not-directory", `${folder} is not a directory.`);
    },
    modified: async (file) => files.modified(file),
  });
}
