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
export function outputLines(lines: OutputLines): Response {
  return inParts(begin(lines));
}

/** What is over so soon is answered in one piece; nobody sees that its output comes no earlier. */
const soonMs = 25;

/**
 * The same; and what is over within a moment goes as one piece, because each piece wakes all that are between here and the client. `onWhole` gets
 * the last line of such an answer.
 */
export async function outputLinesSoon(lines: OutputLines, onWhole: (line: string) => void): Promise<Response> {
  const outbox = begin(lines);
  if (!(await outbox.endsWithin(soonMs))) return inParts(outbox);
  const parts: string[] = [];
  for (let line = await outbox.next(); line !== undefined; line = await outbox.next()) parts.push(line);
  onWhole(parts.at(-1) ?? "");
  return new Response(parts.join(""), { headers });
}

const headers = { "content-type": "application/x-ndjson" };

function begin({ first, make, signal }: OutputLines): Outbox {
  const outbox = new Outbox(first);
  const failed = (error: unknown): object => ({ type: "error", fault: toFault(error) });
  void make((text) => (signal.aborted ? undefined : outbox.add(text)))
    .catch(failed)
    .then((last) => outbox.end(last));
  return outbox;
}

function inParts(outbox: Outbox): Response {
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const text = await outbox.next();
        if (text !== undefined) controller.enqueue(new TextEncoder().encode(text));
        else controller.close();
      },
    },
    // Nothing is made into bytes before it is asked for.
    { highWaterMark: 0 },
  );
  return new Response(stream, { headers });
}

/** What waits for a client: lines as they were given, and between them its output. */
class Outbox {
  #first: object | undefined;
  readonly #output = new WaitingOutput();
  #last: { line: object | undefined } | undefined;
  #changed = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<boolean>();

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
    this.#ended.resolve(true);
  }

  async endsWithin(timeoutMs: number): Promise<boolean> {
    const timer = setTimeout(() => this.#ended.resolve(false), timeoutMs);
    const hasEnded = await this.#ended.promise;
    clearTimeout(timer);
    return hasEnded;
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
