import type { FileChange, MappedFolder, SandboxChanges } from "../../protocol/sandbox.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { RemoteWorkspace } from "../remote/remoteWorkspace.ts";
import { type Files, RuntimeError } from "../runtime.ts";
import { alone } from "./alone.ts";
import { applyOne } from "./applying.ts";
import { Base, sha256Of } from "./base.ts";
import { compare, type Difference, isExecutable } from "./compare.ts";
import { discardOne } from "./discarding.ts";
import { mostTextBytes, type Plan, planFor, type ReviewParts } from "./plan.ts";
import { readSide, resultOf } from "./readSide.ts";
import type { ChangeSide, Review, ReviewedFile } from "./review.ts";
import { isProtectedName } from "./safeNames.ts";
import { HostWriter } from "./writer.ts";

export interface ReviewOptions {
  /** The folder that `copyIn` has written. */
  readonly base: string;
  readonly folders: readonly MappedFolder[];
  readonly workspace: RemoteWorkspace;
  /** The person's files, by which contents are read and written: an editor's own where there is one. */
  readonly hostFiles: Files;
}

/** So many changes are listed. */
const mostListed = 2_000;
const mostAtOnce = 8;

/** Rejects with a RuntimeError when no copy has been made. Disposing lets go of the base; nothing else is lost. */
export async function openReview(options: ReviewOptions): Promise<Review & AsyncDisposable> {
  return new SandboxReview(await openBase(options), options);
}

async function openBase({ base: folder }: ReviewOptions): Promise<Base> {
  const base = await Base.open(folder);
  if (base === undefined)
    throw new RuntimeError("not-found", "No copy of the workspace has been made for this sandbox, so that it has no changes to review.");
  return base;
}

interface ActParts extends ReviewParts {
  /** Why nothing is deleted now. */
  readonly againstDeletions: string | undefined;
}

/**
 * One thing after the other, because each looks at what is there first. Other reviews of the same sandbox, in other windows and commands, may have
 * saved the base meanwhile: then it is read again, and only one of them acts at a time.
 */
class SandboxReview implements Review, AsyncDisposable {
  #base: Base;
  readonly #options: ReviewOptions;
  /** Hashes of what a person was shown last, by path. */
  readonly #shown = new Map<string, string>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(base: Base, options: ReviewOptions) {
    this.#base = base;
    this.#options = options;
  }

  list(signal: AbortSignal): Promise<SandboxChanges> {
    return this.#inTurn(signal, async (parts) => {
      const { differences, more } = await compare(parts);
      const listed = differences.slice(0, mostListed);
      const changes: FileChange[] = [];
      for (let start = 0; start < listed.length; start += mostAtOnce) {
        const portion = listed.slice(start, start + mostAtOnce);
        changes.push(...(await Promise.all(portion.map(async (one) => changeOf(one, await planFor(one, parts))))));
      }
      return { changes, more: more + differences.length - listed.length };
    });
  }

  read(path: string, side: ChangeSide, signal: AbortSignal): Promise<Uint8Array | undefined> {
    return this.#inTurn(signal, async (parts) => {
      const difference = (await compare(parts)).differences.find((one) => one.path === path);
      if (difference === undefined) throw new RuntimeError("not-found", `There is no change at ${path} any more.`);
      const bytes = await (side === "result" ? this.#result(difference, parts) : readSide(difference, side, parts));
      if (bytes !== undefined && bytes.length > mostTextBytes) throw new RuntimeError("too-large", `${path} is too large to be shown.`);
      return bytes;
    });
  }

  /** What is shown is what may be applied. */
  async #result(difference: Difference, parts: ReviewParts): Promise<Uint8Array | undefined> {
    const { bytes, theirs } = await resultOf(difference, parts);
    if (theirs === undefined) this.#shown.delete(difference.path);
    else this.#shown.set(difference.path, sha256Of(theirs));
    return bytes;
  }

  apply(paths: readonly string[] | "all", signal: AbortSignal): Promise<ReviewedFile[]> {
    return this.#each(paths, signal, async (difference, parts) => {
      const plan = await planFor(difference, parts);
      const reason =
        reasonAgainst(difference, plan, paths === "all") ?? (difference.kind === "deleted" ? parts.againstDeletions : undefined);
      if (reason !== undefined || plan.standing === "refused") return refused(difference, reason ?? "It is refused.");
      const shown = this.#shown.get(difference.path);
      const outcome = await applyOne(difference, plan, { ...parts, shown });
      // The next change of it is another one.
      this.#shown.delete(difference.path);
      return { path: difference.path, outcome };
    });
  }

  discard(paths: readonly string[] | "all", signal: AbortSignal): Promise<ReviewedFile[]> {
    return this.#each(paths, signal, async (difference, parts) => {
      await discardOne(difference, parts);
      return { path: difference.path, outcome: "discarded" };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn.catch(() => undefined);
    await this.#base[Symbol.asyncDispose]();
  }

  #each(
    paths: readonly string[] | "all",
    signal: AbortSignal,
    act: (difference: Difference, parts: ActParts) => Promise<ReviewedFile>,
  ): Promise<ReviewedFile[]> {
    return this.#inTurnAlone(signal, async (parts) => {
      const { differences } = await compare(parts);
      const isAll = paths === "all";
      const wanted = isAll ? differences.slice(0, mostListed) : differences.filter(({ path }) => paths.includes(path));
      const againstDeletions = isAll ? tooManyDeleted(differences, parts.base.entries.size) : undefined;
      const done: ReviewedFile[] = [];
      try {
        for (const difference of inOrder(wanted)) {
          signal.throwIfAborted();
          done.push(await act(difference, { ...parts, againstDeletions }).catch((error: unknown) => refusedBy(difference, error, signal)));
        }
      } finally {
        await parts.base.save();
      }
      const missing = paths === "all" ? [] : paths.filter((path) => !wanted.some((one) => one.path === path));
      return [
        ...done,
        ...missing.map((path): ReviewedFile => ({ path, outcome: "refused", reason: "There is no change of it any more." })),
      ];
    });
  }

  #inTurn<T>(signal: AbortSignal, act: (parts: ReviewParts) => Promise<T>): Promise<T> {
    return this.#next(async () => {
      signal.throwIfAborted();
      return act(await this.#parts(signal));
    });
  }

  #inTurnAlone<T>(signal: AbortSignal, act: (parts: ReviewParts) => Promise<T>): Promise<T> {
    return this.#next(() => alone(this.#options.base, async () => act(await this.#parts(signal)), { signal }));
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #parts(signal: AbortSignal): Promise<ReviewParts> {
    const { workspace, folders, hostFiles } = this.#options;
    if (!(await this.#base.isNewest())) {
      const newest = await openBase(this.#options);
      await this.#base[Symbol.asyncDispose]();
      this.#base = newest;
    }
    return { base: this.#base, workspace, folders, writer: new HostWriter(hostFiles), signal };
  }
}

/**
 * Why deletions are not applied with all: a sandbox that has lost its workspace, or lies, looks as if its agent had deleted everything. Undefined
 * when most files are still there.
 */
function tooManyDeleted(differences: readonly Difference[], copied: number): string | undefined {
  const deleted = differences.filter(({ kind }) => kind === "deleted").length;
  const isMost = (deleted === copied && deleted >= 3) || (deleted >= 10 && deleted > copied / 2);
  return isMost
    ? `The sandbox lacks ${deleted} of the ${copied} files that it was given: what is to be deleted here, apply by its name.`
    : undefined;
}

/** What is deleted first: a folder may have to make room for a file, or a file for a folder. */
function inOrder(differences: readonly Difference[]): Difference[] {
  const isDeleted = ({ kind }: Difference): boolean => kind === "deleted";
  return [...differences.filter(isDeleted), ...differences.filter((one) => !isDeleted(one))];
}

function changeOf(difference: Difference, plan: Plan): FileChange {
  const { path, kind, from, base, now } = difference;
  const changesMode = now?.type === "file" && base?.type === "file" && isExecutable(base) !== now.isExecutable;
  return {
    path,
    kind,
    ...(from === undefined ? {} : { from }),
    type: now?.type ?? base?.type ?? "file",
    sizeBytes: now?.sizeBytes ?? base?.sizeBytes ?? 0,
    isBinary: now === undefined ? base?.type === "file" && base.packedAt === undefined : now.isBinary || now.sizeBytes > mostTextBytes,
    ...(changesMode ? { becomesExecutable: now.isExecutable } : {}),
    standing: plan.standing,
    ...(plan.standing === "refused" ? { refusal: plan.refusal } : {}),
    isProtected: isProtectedName(path) || (from !== undefined && isProtectedName(from)),
  };
}

function reasonAgainst(difference: Difference, plan: Plan, isAll: boolean): string | undefined {
  if (plan.standing === "refused") return plan.refusal;
  if (plan.standing === "conflicts") return "You have changed the same place. Bring it over by hand, or discard it.";
  if (isAll && changeOf(difference, plan).isProtected) return "Something else runs or trusts this file later: apply it by its name.";
  return undefined;
}

const refused = ({ path }: Difference, reason: string): ReviewedFile => ({ path, outcome: "refused", reason });

/** One file that fails is told; a sandbox that is gone ends it all. */
function refusedBy(difference: Difference, error: unknown, signal: AbortSignal): ReviewedFile {
  signal.throwIfAborted();
  if (error instanceof RuntimeError && (error.code === "unreachable" || error.code === "closed")) throw error;
  return refused(difference, messageOf(error));
}
