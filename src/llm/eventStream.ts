import type { Readable } from "node:stream";
import { mostOfAnswer } from "./boundedAnswer.ts";

/** One event of a stream (`text/event-stream`). */
export interface ServerEvent {
  /** What stands behind `event:`; mostly nothing. */
  readonly name: string;
  readonly data: string;
}

/**
 * The events in `body`, in one array for each piece that comes, also when there is none in it: every piece is a sign of life.
 *
 * Before each piece `patienceMs` says how long to wait for it; after that the stream is as if it had ended. An event without
 * an empty line behind it is not whole, and is left out. A line of bare JSON, which a server may send that has forgotten the
 * form, is an event too. Leaving the loop, or having waited long enough, ends the request. Throws when an event does not end.
 */
export async function* readEventStream(body: Readable, patienceMs: () => number | undefined): AsyncGenerator<ServerEvent[]> {
  const pieces: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  const decoder = new TextDecoder();
  const readLine = lineReader();
  let rest = "";
  let isOver = false;
  try {
    for (;;) {
      const { value: bytes, done = false } = await within(pieces.next(), patienceMs());
      isOver = done;
      if (bytes === undefined) break;
      const text = decoder.decode(bytes, { stream: true });
      refuseEndless(rest.length + text.length);
      // Looking through a long line again with every piece of it would take for ever.
      const lines = text.includes("\n") ? (rest + text).split("\n") : [rest + text];
      rest = lines.pop() ?? "";
      yield lines.flatMap((line) => readLine(line.endsWith("\r") ? line.slice(0, -1) : line));
    }
    if (isJson(rest)) yield [{ name: "", data: rest }];
  } finally {
    if (!isOver) body.destroy();
  }
}

/** Takes the lines one after the other, and gives the event that a line completes. */
function lineReader(): (line: string) => ServerEvent[] {
  let name = "";
  let data: string[] = [];
  let length = 0;
  return (line) => {
    if (line.startsWith("data:")) {
      length += line.length;
      refuseEndless(length);
      data.push(valueOf(line));
    }
    if (line.startsWith("event:")) name = valueOf(line);
    if (isJson(line)) return [{ name, data: line }];
    if (line !== "") return [];
    const event = { name, data: data.join("\n") };
    const isEmpty = data.length === 0;
    name = "";
    data = [];
    length = 0;
    return isEmpty ? [] : [event];
  };
}

/** What an answer holds may be twice as long in JSON. */
function refuseEndless(characters: number): void {
  if (characters > mostOfAnswer * 2) throw new RangeError("an event of it does not end");
}

const isJson = (line: string): boolean => line.startsWith("{") && line.trimEnd().endsWith("}");

/** One space behind the colon does not count. */
function valueOf(line: string): string {
  const at = line.indexOf(":") + 1;
  return line.slice(line[at] === " " ? at + 1 : at);
}

interface Piece {
  readonly value?: Uint8Array | undefined;
  /** Absent when nothing was read in time. */
  readonly done?: boolean;
}

/** What is read, or nothing at the end of the time. */
async function within(reading: Promise<Piece>, patienceMs: number | undefined): Promise<Piece> {
  if (patienceMs === undefined) return reading;
  const { promise: timeUp, resolve } = Promise.withResolvers<Piece>();
  const timer = setTimeout(resolve, patienceMs, {});
  try {
    return await Promise.race([reading, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
