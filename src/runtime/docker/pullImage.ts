import type Docker from "dockerode";
import * as z from "zod";
import { messageOf } from "../../protocol/thrown.ts";
import { imageFailure } from "./imageFailures.ts";
import { type PullProgress, progressAfter, progressWords } from "./pullProgress.ts";

export interface PullNeeds {
  /** Hears how far it is, such as "Pulling python:3.12 · 3 of 7 layers · 45 of 120 MB". */
  readonly onPhase: (phase: string) => void;
  readonly signal: AbortSignal;
}

/** An engine that is at it says so several times a second, but one that waits for a registry may be quiet for a while. */
const mostSilentMs = 180_000;
const mostLineCharacters = 1_000_000;

const PullLine = z.object({
  id: z.string().max(200).optional(),
  status: z.string().max(2000).optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).optional(),
  error: z.string().optional(),
});
export type PullLine = z.infer<typeof PullLine>;

/** Brings the image to the engine. Rejects with RuntimeError, or with the abort reason; the engine then ends what it has begun. */
export async function pullImage(docker: Docker, name: string, { onPhase, signal }: PullNeeds): Promise<void> {
  const silence = new AbortController();
  const watchdog = setTimeout(() => silence.abort(), mostSilentMs);
  try {
    onPhase(`Pulling ${name}`);
    const abortSignal = AbortSignal.any([signal, silence.signal]);
    let progress: PullProgress = new Map();
    for await (const line of linesOf(await docker.pull(withTag(name), { abortSignal }))) {
      watchdog.refresh();
      if (line.error !== undefined) throw new Error(line.error);
      progress = progressAfter(progress, line);
      onPhase(progressWords(name, progress));
    }
  } catch (error) {
    signal.throwIfAborted();
    const why = silence.signal.aborted ? `the engine has said nothing for ${mostSilentMs / 60_000} minutes` : messageOf(error);
    throw imageFailure(name, why, error);
  } finally {
    clearTimeout(watchdog);
  }
}

/** Without one the engine would take all that there are. */
function withTag(name: string): string {
  return /[:@][^/]*$/.test(name) ? name : `${name}:latest`;
}

/** A line that is none of the engine's says nothing. */
async function* linesOf(stream: NodeJS.ReadableStream): AsyncIterable<PullLine> {
  let rest = "";
  for await (const piece of stream.setEncoding("utf8")) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > mostLineCharacters) throw new Error("the engine's answer has no end");
    for (const line of lines) {
      const parsed = PullLine.safeParse(parseJson(line));
      if (parsed.success) yield parsed.data;
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Because lines may be empty.
    return undefined;
  }
}
