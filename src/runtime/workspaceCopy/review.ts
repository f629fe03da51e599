import type { SandboxChanges } from "../../protocol/sandbox.ts";

export type ChangeSide = "base" | "sandbox" | "host" | "result";

/** What came of one file. `merged`: the person's changes and the sandbox's are both in it. `refused` has its `reason`, and nothing was written. */
export interface ReviewedFile {
  readonly path: string;
  readonly outcome: "applied" | "merged" | "discarded" | "refused";
  readonly reason?: string;
}

/**
 * The changes of a sandbox, to be brought to the person's own files one by one or all. Paths are those of `FileChange`.
 *
 * Nothing here overwrites what the person has changed: that is merged, or refused. Whatever the sandbox says is checked, because it may be hostile.
 */
export interface Review {
  list(signal: AbortSignal): Promise<SandboxChanges>;
  /** Undefined: there is no file on that side. `result` is what applying would write. Rejects with RuntimeError `too-large` above 5 MB. */
  read(path: string, side: ChangeSide, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /**
   * A file that has changed in the sandbox since its `result` was read is refused. `all` is what `list` tells, without protected files and those
   * with conflicts, and without deletions where most of what was copied is gone; it says so.
   */
  apply(paths: readonly string[] | "all", signal: AbortSignal): Promise<ReviewedFile[]>;
  /** The files in the sandbox become again as they were copied. */
  discard(paths: readonly string[] | "all", signal: AbortSignal): Promise<ReviewedFile[]>;
}
