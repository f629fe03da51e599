import { toFault } from "./bodies.ts";
import { type SendOutput, WaitingOutput } from "./waitingOutput.ts";

export interface OutputLines {
  /** What the answer begins with. */
  readonly first?: object;
  /** Makes the output; what it gives, or the error that it rejects with, is the last line. */
  readonly make: (send: SendOutput) => Promise<object | undefined>;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

/** An answer in lines of JSON that is written while it is made, at the client's pace. */
export function outputLines({ first, make, signal }: OutputLines): Response {
  const outbox = new Outbox(first);
  const stream = new ReadableStream<Uint8Array>(
    {
      start: () => {
        const failed = (error: unknown): object => ({ type: "error", fault: toFault(error) });
        void make((text) => (signal.aborted ? undefined : outbox.add(text)))
          .catch(failed)
          .then((last) => outbox.end(last));
      },
      pull: async (controller) => {
        const text = await outbox.next();
        if (text !== undefined) controller.enqueue(new TextEncoder().encode(text));
        else controller.close();
      },
    },
    // Nothing is made into bytes before it is asked for.
    { highWaterMark: 0 },
  );
  return new Response(stream, { headers: { "content-type": "application/x-ndjson" } });
}

/** What waits for a client: lines as they were given, and between them its output. */
class Outbox {
  #first: object | undefined;
  readonly #output = new WaitingOutput();
  #last: { line: object | undefined } | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(first: object | undefined) {
    this.#first = first;
  }

  add(text: string): Promise<void> | undefined {
    const ready = this.#output.add(text);
    this.#changed.resolve();
    return ready;
  }

  end(line: object | undefined): void {
    this.#last = { line };
    this.#changed.resolve();
  }

  /** The next line, as soon as there is one; undefined at the end. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const line = this.#take();
      if (line !== undefined) return `${JSON.stringify(line)}\n`;
      if (this.#last !== undefined) return undefined;
      this.#changed = Promise.withResolvers<void>();
      await this.#changed.promise;
    }
  }

  #take(): object | undefined {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) return first;
    const text = this.#output.take();
    if (text !== undefined) return { type: "output", text };
    const last = this.#last?.line;
    if (this.#last !== undefined) this.#last.line = undefined;
    return last;
  }
}
