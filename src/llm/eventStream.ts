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
 * an empty line behind it is not whole, and is left out.
 */
export async function* readEventStream(
  body: ReadableStream<Uint8Array>,
  patienceMs: () => number | undefined,
): AsyncGenerator<ServerEvent[]> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const readLine = lineReader();
  let rest = "";
  for (;;) {
    const bytes = await within(reader.read(), patienceMs());
    if (bytes === undefined) return;
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield lines.flatMap((line) => readLine(line.endsWith("\r") ? line.slice(0, -1) : line));
  }
}

/** Takes the lines one after the other, and gives the event that a line completes. */
function lineReader(): (line: string) => ServerEvent[] {
  let name = "";
  let data: string[] = [];
  return (line) => {
    if (line.startsWith("data:")) data.push(valueOf(line));
    else if (line.startsWith("event:")) name = valueOf(line);
    if (line !== "") return [];
    const event = { name, data: data.join("\n") };
    const isEmpty = data.length === 0;
    name = "";
    data = [];
    return isEmpty ? [] : [event];
  };
}

/** One space behind the colon does not count. */
function valueOf(line: string): string {
  const at = line.indexOf(":") + 1;
  return line.slice(line[at] === " " ? at + 1 : at);
}

/** What is read, or undefined at the end of the stream or of the time. */
async function within(reading: Promise<{ readonly value?: Uint8Array | undefined }>, patienceMs: number | undefined) {
  if (patienceMs === undefined) return (await reading).value;
  const { promise: timeUp, resolve } = Promise.withResolvers<{ readonly value?: undefined }>();
  const timer = setTimeout(resolve, patienceMs, {});
  try {
    return (await Promise.race([reading, timeUp])).value;
  } finally {
    clearTimeout(timer);
  }
}
