import type { ConversationId } from "../../protocol/ids.ts";
import type { Review } from "../../runtime/workspaceCopy/review.ts";
import type { DockerRuntimes } from "../dockerRuntime/dockerRuntimes.ts";

/** What was started to look into a workspace that is kept stays so long behind its last use. */
const keptMs = 30_000;

interface Opened {
  readonly review: Promise<Review & AsyncDisposable>;
  users: number;
  timer: NodeJS.Timeout | undefined;
}

/** Reviews that are used again and again, one for each sandbox; what was started for one ends a while after it. */
export class Reviews {
  readonly #sandboxes: Pick<DockerRuntimes, "review" | "onDidChange">;
  readonly #open = new Map<ConversationId, Opened>();
  readonly #ended = new AbortController();
  readonly #listening: { dispose(): void };

  constructor(sandboxes: Pick<DockerRuntimes, "review" | "onDidChange">) {
    this.#sandboxes = sandboxes;
    // Because one that runs again is asked itself from then on.
    this.#listening = sandboxes.onDidChange((id) => this.#forget(id));
  }

  /** Does `work` with the changes of this sandbox. Rejects with a sentence where it cannot be looked at. */
  async use<Result>(id: ConversationId, work: (review: Review, signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const opened = this.#opened(id);
    opened.users++;
    clearTimeout(opened.timer);
    try {
      return await work(await opened.review, this.#ended.signal);
    } finally {
      opened.users--;
      this.#leave(id, opened);
    }
  }

  /** What was started for them ends with its engine's connection at the latest. */
  dispose(): void {
    this.#listening.dispose();
    this.#ended.abort(new Error("The window is closing."));
    const all = [...this.#open.values()];
    this.#open.clear();
    for (const opened of all) void end(opened);
  }

  #opened(id: ConversationId): Opened {
    const known = this.#open.get(id);
    if (known) return known;
    const opened: Opened = { review: this.#sandboxes.review(id, this.#ended.signal), users: 0, timer: undefined };
    this.#open.set(id, opened);
    // One that could not be opened is tried again.
    opened.review.catch(() => this.#open.get(id) === opened && this.#open.delete(id));
    return opened;
  }

  #leave(id: ConversationId, opened: Opened): void {
    if (opened.users > 0) return;
    if (this.#open.get(id) !== opened) return void end(opened);
    opened.timer = setTimeout(() => this.#forget(id), keptMs);
  }

  #forget(id: ConversationId): void {
    const opened = this.#open.get(id);
    if (opened === undefined) return;
    this.#open.delete(id);
    if (opened.users === 0) void end(opened);
  }
}

async function end({ review, timer }: Opened): Promise<void> {
  clearTimeout(timer);
  const open = await review.catch(() => undefined);
  await open?.[Symbol.asyncDispose]();
}
