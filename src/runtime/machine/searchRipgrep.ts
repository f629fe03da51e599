import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import * as z from "zod";
import type { FoundFile } from "../../protocol/runtime.ts";
import { RuntimeError } from "../runtime.ts";
import type { Progress, SearchEngine } from "./searchEngine.ts";
import { type FoundLines, foundLine, mostLines } from "./searchLines.ts";
import { mostSearchedBytes } from "./searchWalk.ts";

/** Nothing of the person's settings, so that the answer is the same everywhere. Of the ignore files only those of git. */
const common = [
  "--no-config",
  "--no-ignore-dot",
  "--no-ignore-global",
  "--hidden",
  "--color=never",
  "--glob=!.git",
  "--glob=!node_modules/",
];
const mostTold = 2_000;
const longestPortion = 1_000;

/** The search by ripgrep, the program at `program`. */
export function ripgrepSearch(program: string): SearchEngine {
  return {
    async *files(folder, progress) {
      const arguments_ = [...common, "--files", "--null", "./"];
      const run = new RipgrepRun(program, arguments_, folder);
      for await (const names of run.records(0, progress)) {
        yield names.map((name) => ({ path: path.join(folder, name.toString()), lines: [] }));
      }
      if (run.exitCode === 2) progress.miss("unreadable");
    },
    async *grep({ pattern, path: folder, include }, progress) {
      const wanted = include === undefined ? [] : [`--type-add=wanted:${include}`, "--type=wanted"];
      const limits = [`--max-count=${mostLines}`, `--max-filesize=${mostSearchedBytes}`];
      const meaning = ["--json", "--ignore-case", "--crlf", "--engine=auto", "--glob=!.*/"];
      const run = new RipgrepRun(program, [...common, ...limits, ...meaning, ...wanted, `--regexp=${pattern}`, "./"], folder);
      const reader = new MatchReader(folder);
      for await (const records of run.records(0x0a, progress)) yield records.flatMap((record) => reader.read(record));
      // Without its last word it has not searched at all.
      if (!reader.isWhole) throw new RuntimeError("failed", run.told.trim() || "ripgrep ended without an answer.");
      if (run.exitCode === 2) progress.miss("unreadable");
    },
  };
}

/** One ripgrep and what it says. */
class RipgrepRun {
  readonly #program: string;
  readonly #arguments: readonly string[];
  readonly #folder: string;
  /** The begin of what it says of errors. */
  told = "";
  exitCode: number | null = null;

  constructor(program: string, arguments_: readonly string[], folder: string) {
    this.#program = program;
    this.#arguments = arguments_;
    this.#folder = folder;
  }

  /** What it prints, cut at `separator`. It is ended when nobody wants more. */
  async *records(separator: number, { signal }: Progress): AsyncGenerator<Buffer[]> {
    signal.throwIfAborted();
    const child = spawn(this.#program, this.#arguments, { cwd: this.#folder, stdio: ["ignore", "pipe", "pipe"] });
    const closed = once(child, "close");
    closed.catch(() => undefined);
    const kill = (): void => void child.kill("SIGKILL");
    signal.addEventListener("abort", kill, { once: true });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (this.told.length < mostTold) this.told = (this.told + text).slice(0, mostTold);
    });
    try {
      yield* cutAt(separator, child.stdout);
      signal.throwIfAborted();
      await closed;
      this.exitCode = child.exitCode;
    } finally {
      signal.removeEventListener("abort", kill);
      child.kill("SIGKILL");
      await closed.catch(() => undefined);
    }
  }
}

/** The whole records of each chunk. The begin of one is kept in parts, because a record can be long. */
async function* cutAt(separator: number, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let begun: Buffer[] = [];
  for await (const chunk of chunks) {
    const records: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(separator); end !== -1; end = chunk.indexOf(separator, start)) {
      records.push(Buffer.concat([...begun, chunk.subarray(start, end)]));
      begun = [];
      start = end + 1;
    }
    begun.push(chunk.subarray(start));
    for (let from = 0; from < records.length; from += longestPortion) yield records.slice(from, from + longestPortion);
  }
}

/** Text, or bytes in base64 where they are no UTF-8. */
const Words = z.union([
  z.object({ text: z.string() }).transform(({ text }) => text),
  z.object({ bytes: z.string() }).transform(({ bytes }) => Buffer.from(bytes, "base64").toString()),
]);

const Message = z.discriminatedUnion("type", [
  z.object({ type: z.literal("begin"), data: z.object({ path: Words }) }),
  z.object({
    type: z.literal("match"),
    data: z.object({ lines: Words, line_number: z.number(), submatches: z.array(z.object({ start: z.number() })) }),
  }),
  z.object({ type: z.literal("end"), data: z.object({ path: Words, binary_offset: z.number().nullable() }) }),
  z.object({ type: z.literal("summary") }),
  z.object({ type: z.literal("context") }),
]);

/** Makes files of ripgrep's messages: a begin, matches, an end for each, one after the other. */
class MatchReader {
  readonly #folder: string;
  #lines: FoundLines = [];
  isWhole = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  read(record: Buffer): FoundFile[] {
    const message = Message.parse(JSON.parse(record.toString()));
    switch (message.type) {
      case "begin":
        this.#lines = [];
        return [];
      case "match":
        this.#lines.push(lineOf(message.data));
        return [];
      case "end":
        if (message.data.binary_offset !== null) return [];
        return [{ path: path.join(this.#folder, message.data.path), lines: this.#lines }];
      case "summary":
        this.isWhole = true;
        return [];
      case "context":
        return [];
    }
  }
}

function lineOf({
  lines,
  line_number,
  submatches,
}: {
  lines: string;
  line_number: number;
  submatches: { start: number }[];
}): FoundLines[number] {
  const line = lines.replace(/\r?\n$/, "");
  // Theirs is counted in bytes; it matters only where a long line is cut.
  return foundLine(line_number, line, Math.min(submatches[0]?.start ?? 0, line.length));
}
