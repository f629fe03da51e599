import { StringDecoder } from "node:string_decoder";
import type Docker from "dockerode";
import * as z from "zod";

/** What the engine says of a container. */
const EngineEvent = z.object({
  Action: z.string().max(200),
  Actor: z.object({ Attributes: z.record(z.string(), z.string()).optional() }).optional(),
});

export interface ContainerEvent {
  readonly action: string;
  /** Of `die`: the exit code of its main process. */
  readonly exitCode: number | undefined;
  /** Of `kill`: the number of the signal. */
  readonly signal: number | undefined;
}

const mostLineCharacters = 64 * 1024;

/** Tells what happens to the container; `onEnd` says that nothing more is told, because the engine has gone or the connection to it. Disposing ends it. */
export function watchEvents(
  docker: Docker,
  container: string,
  listener: { readonly onEvent: (event: ContainerEvent) => void; readonly onEnd: () => void },
): Disposable {
  const ended = new AbortController();
  const tell = (): void => (ended.signal.aborted ? undefined : listener.onEnd());
  // Some engines begin to answer with the first event, so nobody waits for that.
  docker
    .getEvents({ filters: { container: [container], type: ["container"] }, abortSignal: ended.signal })
    .then((stream) => read(stream, listener.onEvent))
    .then(tell, tell);
  return { [Symbol.dispose]: () => ended.abort() };
}

async function read(stream: NodeJS.ReadableStream, onEvent: (event: ContainerEvent) => void): Promise<void> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const piece of stream) {
    const lines = (rest + (typeof piece === "string" ? piece : decoder.write(piece))).split("\n");
    rest = (lines.pop() ?? "").slice(-mostLineCharacters);
    for (const line of lines) {
      const event = parse(line);
      if (event !== undefined) onEvent(event);
    }
  }
}

function parse(line: string): ContainerEvent | undefined {
  if (line.trim() === "") return undefined;
  try {
    const { Action, Actor } = EngineEvent.parse(JSON.parse(line));
    const number = (name: string): number | undefined => {
      const text = Actor?.Attributes?.[name];
      return text === undefined ? undefined : Number(text);
    };
    return { action: Action, exitCode: number("exitCode") ?? number("containerExitCode"), signal: number("signal") };
  } catch {
    // Because a line that is not understood says nothing of the container; the heartbeat does.
    return undefined;
  }
}
