import * as vscode from "vscode";
import type { ConversationId } from "../../protocol/ids.ts";
import type { Log } from "../../protocol/log.ts";
import type { FileChange, SandboxChanges } from "../../protocol/sandbox.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { DockerRuntimes } from "../dockerRuntime/dockerRuntimes.ts";
import type { Reviews } from "./reviews.ts";
import type { Sandboxed, ShownSandbox } from "./shownSandbox.ts";

/** Changes come in bursts: a list is made so long after the last of them. */
const quietMs = 500;

export interface ChangeListParts {
  readonly shown: Pick<ShownSandbox, "current" | "onDidChange">;
  readonly reviews: Reviews;
  readonly sandboxes: Pick<DockerRuntimes, "running">;
  readonly log: Log;
}

/** A change, and the sandbox that it is in. */
export interface ShownChange {
  readonly sandbox: Sandboxed;
  readonly change: FileChange;
}

/** What is known of the changes: not looked yet, the list, or why there is none. */
type Known =
  | { readonly type: "unknown" }
  | { readonly type: "listed"; readonly list: SandboxChanges }
  | { readonly type: "failed"; readonly why: string };

/** What the sandbox of the conversation in view has changed, looked at anew when that may be different and somebody looks. */
export class ChangeList implements vscode.Disposable {
  readonly #parts: ChangeListParts;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #listening: vscode.Disposable;
  readonly onDidChange = this.#changed.event;
  /** Whether a person sees the list; while they do not, only a sandbox that runs is asked. */
  #isSeen = false;
  #known: Known = { type: "unknown" };
  #of: ConversationId | undefined;
  #isStale = false;
  #listingNow: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ChangeListParts) {
    this.#parts = parts;
    this.#listening = parts.shown.onDidChange(() => this.#lookAtShown());
  }

  get known(): Known {
    return this.#known;
  }

  /** The sandbox whose changes these are; undefined where none is in view that has a copy of the workspace. */
  get sandbox(): Sandboxed | undefined {
    const { current } = this.#parts.shown;
    return current?.ref.workspace === "copy" ? current : undefined;
  }

  get changes(): readonly ShownChange[] {
    const { sandbox } = this;
    if (sandbox === undefined || this.#known.type !== "listed") return [];
    return this.#known.list.changes.map((change) => ({ sandbox, change }));
  }

  /** Resolves when the list is as it is now; undefined while it is. */
  get listing(): Promise<void> | undefined {
    return this.#listingNow;
  }

  seen(isSeen: boolean): void {
    this.#isSeen = isSeen;
    if (isSeen && this.#isStale) this.soon();
  }

  /** Something may have changed in this sandbox, or in the person's files. */
  mayDiffer(id: ConversationId | undefined = this.sandbox?.id): void {
    if (id !== undefined && id === this.sandbox?.id) this.soon();
  }

  soon(): void {
    this.#isStale = true;
    clearTimeout(this.#timer);
    const { sandbox } = this;
    const isWorthIt = sandbox !== undefined && (this.#isSeen || this.#parts.sandboxes.running(sandbox.id) !== undefined);
    if (isWorthIt) this.#timer = setTimeout(() => void this.refresh(), quietMs);
  }

  /** Looks at once; another that is going on is waited for first, because it may have begun too early. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    const before = this.#listingNow;
    const now = (before ?? Promise.resolve()).then(() => this.#list());
    this.#listingNow = now;
    this.#changed.fire();
    await now;
    if (this.#listingNow === now) this.#listingNow = undefined;
    this.#changed.fire();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#listening.dispose();
    this.#changed.dispose();
  }

  async #list(): Promise<void> {
    const { reviews, log } = this.#parts;
    const { sandbox } = this;
    if (sandbox === undefined) return;
    this.#isStale = false;
    const known = await reviews
      .use(sandbox.id, (review, signal) => review.list(signal))
      .then(
        (list): Known => ({ type: "listed", list }),
        (error: unknown): Known => ({ type: "failed", why: messageOf(error) }),
      );
    if (known.type === "failed") log.warn("the changes of a sandbox could not be listed", { error: known.why });
    if (this.sandbox?.id === sandbox.id) this.#known = known;
  }

  #lookAtShown(): void {
    const { sandbox } = this;
    if (sandbox?.id !== this.#of) this.#known = { type: "unknown" };
    this.#of = sandbox?.id;
    this.#changed.fire();
    if (sandbox !== undefined) this.soon();
  }
}
