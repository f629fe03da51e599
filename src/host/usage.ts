import { type Mode, staysFor } from "./mode.ts";

/** Of what the usage is. */
export interface Used {
  readonly isHeard: () => boolean;
  readonly mode: () => Promise<Mode>;
  readonly close: () => void;
  /** How long something stays that holds more than its log. */
  readonly idleMs: number;
}

/** Who is at work with a conversation; when nobody is, nobody listens and nothing goes on in it, it is closed, at once or after a while. */
export class Usage implements Disposable {
  readonly #used: Used;
  #uses = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(used: Used) {
    this.#used = used;
  }

  get isNone(): boolean {
    return this.#uses === 0 && !this.#isOver && !this.#used.isHeard();
  }

  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#uses++;
    try {
      return await work();
    } finally {
      this.#uses--;
      this.look();
    }
  }

  /** To be called whenever a listener has left; the end of a run is heard of. */
  look(): void {
    clearTimeout(this.#timer);
    if (this.isNone) void this.#used.mode().then((mode) => this.#decide(mode));
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #decide(mode: Mode): void {
    if (!this.isNone) return;
    if (mode.kind === "writing" && mode.session.isRunning) return void mode.session.settled().then(() => this.look());
    const { close, idleMs } = this.#used;
    const stays = staysFor(mode);
    if (stays === "closing") close();
    if (stays !== "awhile") return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(close, idleMs).unref();
  }
}
