import path from "node:path";
import type { FoundFile, GlobRequest, GrepRequest, SearchGap, SearchResult } from "../../protocol/runtime.ts";
import { RuntimeError, type Search } from "../runtime.ts";
import { globMatcher } from "./searchGlob.ts";

/** A way to look at the files of a tree. What it finds comes in portions, so that a large tree is never in memory as a whole. */
export interface SearchEngine {
  /** Every file below `folder` that a search may see. */
  files(folder: string, progress: Progress): AsyncIterable<readonly FoundFile[]>;
  grep(request: GrepRequest, progress: Progress): AsyncIterable<readonly FoundFile[]>;
}

export interface Progress {
  readonly signal: AbortSignal;
  readonly miss: (gap: SearchGap) => void;
}

export interface SearchWorld {
  readonly engine: () => Promise<SearchEngine>;
  /** Rejects when `folder` is none. */
  readonly checkFolder: (folder: string, signal: AbortSignal) => Promise<void>;
  /** When the file was changed, in any unit; undefined when it is gone. */
  readonly modified: (file: string) => Promise<bigint | undefined>;
  readonly timeoutMs?: number;
}

/** The answer names this many. */
export const mostFiles = 100;
/** So many are found at most before the newest of them are told. */
const mostCandidates = 20_000;
/** So many are looked at in one tree. */
export const mostEntries = 500_000;
const defaultTimeoutMs = 30_000;
const mostAtOnce = 64;

/** Searches that are bounded in time and number, over any engine. Disposing ends those that run. */
export class BoundedSearch implements Search, AsyncDisposable {
  readonly #world: SearchWorld;
  readonly #closed = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(world: SearchWorld) {
    this.#world = world;
  }

  glob({ pattern, path: folder }: GlobRequest, signal: AbortSignal): Promise<SearchResult> {
    const matches = globMatcher(pattern.includes("/") ? pattern.replace(/^\.?\//, "") : `**/${pattern}`, { braces: "groups" });
    const fits = ({ path: file }: FoundFile): boolean => matches(path.relative(folder, file).replaceAll(path.sep, "/"));
    return this.#search(folder, signal, async function* (engine, progress) {
      let seen = 0;
      for await (const files of engine.files(folder, progress)) {
        yield files.filter(fits);
        seen += files.length;
        if (seen >= mostEntries) return progress.miss("size");
      }
    });
  }

  grep(request: GrepRequest, signal: AbortSignal): Promise<SearchResult> {
    return this.#search(request.path, signal, (engine, progress) => {
      if (/[\0\n]/.test(request.pattern))
        throw new RuntimeError("failed", "The pattern is for one line: it may hold no line end and no NUL.");
      return engine.grep(request, progress);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new RuntimeError("closed", "Nothing is searched any more, because the conversation has ended."));
    await Promise.allSettled(this.#running);
  }

  #search(folder: string, signal: AbortSignal, find: Find): Promise<SearchResult> {
    const search = this.#bounded(folder, AbortSignal.any([signal, this.#closed.signal]), find);
    this.#running.add(search);
    const forget = (): void => void this.#running.delete(search);
    search.then(forget, forget);
    return search;
  }

  async #bounded(folder: string, stop: AbortSignal, find: Find): Promise<SearchResult> {
    stop.throwIfAborted();
    await this.#world.checkFolder(folder, stop);
    const timeUp = AbortSignal.timeout(this.#world.timeoutMs ?? defaultTimeoutMs);
    const gaps = new Set<SearchGap>();
    const progress: Progress = { signal: AbortSignal.any([stop, timeUp]), miss: (gap) => void gaps.add(gap) };
    const found: FoundFile[] = [];
    try {
      for await (const files of find(await this.#world.engine(), progress)) {
        found.push(...files.slice(0, mostCandidates - found.length));
        if (found.length < mostCandidates) continue;
        gaps.add("size");
        break;
      }
    } catch (error) {
      stop.throwIfAborted();
      if (!timeUp.aborted) throw error;
      gaps.add("time");
    }
    const files = await this.#newest(found, stop);
    if (files.length > mostFiles) gaps.add("more");
    return { files: files.slice(0, mostFiles), gaps: [...gaps] };
  }

  /** Newest first; those of one moment by their names. */
  async #newest(found: readonly FoundFile[], signal: AbortSignal): Promise<FoundFile[]> {
    const dated: { readonly file: FoundFile; readonly modified: bigint }[] = [];
    for (let start = 0; start < found.length; start += mostAtOnce) {
      signal.throwIfAborted();
      const portion = found.slice(start, start + mostAtOnce);
      const times = await Promise.all(portion.map((file) => this.#world.modified(file.path)));
      dated.push(...portion.flatMap((file, index) => (times[index] === undefined ? [] : [{ file, modified: times[index] }])));
    }
    return dated.sort((a, b) => Number(b.modified - a.modified) || (a.file.path < b.file.path ? -1 : 1)).map(({ file }) => file);
  }
}

type Find = (engine: SearchEngine, progress: Progress) => AsyncIterable<readonly FoundFile[]>;
