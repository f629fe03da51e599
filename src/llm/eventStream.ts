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
 * form, is an event too. Leaving the loop, or having waited long enough, ends the request.
 */
export async function* readEventStream(
  body: ReadableStream<Uint8Array>,
  patienceMs: () => number | undefined,
): AsyncGenerator<ServerEvent[]> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const readLine = lineReader();
  let rest = "";
  let isOver = false;
  try {
    for (;;) {
      const { value: bytes, done = false } = await within(reader.read(), patienceMs());
      isOver = done;
      if (bytes === undefined) break;
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      yield lines.flatMap((line) => readLine(line.endsWith("\r") ? line.slice(0, -1) : line));
    }
    if (isJson(rest)) yield [{ name: "", data: rest }];
  } finally {
    // A connection that broke has been told of already.
    if (!isOver) reader.cancel().catch(() => undefined);
  }
}

/** Takes the lines one after the other, and gives the event that a line completes. */
function lineReader(): (line: string) => ServerEvent[] {
  let name = "";
  let data: string[] = [];
  return (line) => {
    if (line.startsWith("data:")) data.push(valueOf(line));
    else if (line.startsWith("event:")) name = valueOf(line);
    else if (isJson(line)) return [{ name, data: line }];
    if (line !== "") return [];
    const event = { name, data: data.join("\n") };
    const isEmpty = data.length === 0;
    name = "";
    data = [];
    return isEmpty ? [] : [event];
  };
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
