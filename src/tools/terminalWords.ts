import { mostShownCharacters, type TerminalResult } from "../protocol/runtime.ts";
import { truncateMiddle } from "./truncate.ts";

export const noChangeTimeoutMs = 30_000;

/** What came of a request, in words for the model. */
export interface Told {
  readonly text: string;
  readonly suffix?: string;
  readonly isError?: boolean;
  /** -1 while it runs. */
  readonly exitCode?: number;
  readonly workingDir: string;
  /** Where the whole output is, when `text` is only a part of it. */
  readonly fullOutput?: TerminalResult["fullOutput"];
}

export function describe(result: TerminalResult, before: string): Told {
  const end = ending(result, before);
  const suffix = result.notice === undefined ? end.suffix : `[${result.notice}]\n${end.suffix}`;
  return { ...shorten(result), ...end, suffix, workingDir: result.workingDir };
}

/** The text as it is shown: binary output as its size, long output without its middle. */
function shorten({ output, omittedBytes, fullOutput }: TerminalResult): Pick<Told, "text" | "fullOutput"> {
  if (isBinary(output)) return { text: `[Binary output, about ${Buffer.byteLength(output) + omittedBytes} bytes; it is not shown.]` };
  const text = truncateMiddle(output.trimEnd(), mostShownCharacters);
  if (text.length >= output.trimEnd().length && omittedBytes === 0) return { text };
  return { text: `${text}\n${whereTheRestIs(Buffer.byteLength(output) + omittedBytes, fullOutput)}`, fullOutput };
}

function whereTheRestIs(sizeBytes: number, fullOutput: TerminalResult["fullOutput"]): string {
  if (fullOutput === undefined) return `[${sizeBytes} bytes of output in all; the rest is not kept.]`;
  const what = fullOutput.isWhole
    ? `The whole output (${fullOutput.sizeBytes} bytes) is`
    : `${sizeBytes} bytes of output in all; the first ${fullOutput.sizeBytes} are`;
  return `[${what} in ${fullOutput.path}: view a range of it with file_editor, or search it with grep.]`;
}

const sampleCharacters = 20_000;

/** Whether so much of it could not be decoded that it is no text. */
function isBinary(output: string): boolean {
  const sample = output.slice(0, sampleCharacters);
  const undecodable = sample.match(/\ufffd/g)?.length ?? 0;
  return undecodable > 20 && undecodable > sample.length / 10;
}

function ending({ outcome, workingDir }: TerminalResult, before: string): Pick<Told, "isError" | "exitCode"> & { readonly suffix: string } {
  const moved = workingDir === before ? "" : ` in ${workingDir}`;
  switch (outcome.type) {
    case "completed":
      return { exitCode: outcome.exitCode, suffix: `[exit code ${outcome.exitCode}${wordsFor(outcome.exitCode)}${moved}]` };
    case "running":
      return { exitCode: -1, suffix: outcome.waitsForInput === true ? waiting : stillRunning(outcome.reason) };
    case "busy":
      return { isError: true, suffix: outcome.byPerson === true ? persons : `[Not run: another command is still running. ${howToGoOn}]` };
    case "nothing_running":
      return { isError: true, suffix: "[No command is running; there is nothing to wait for or to type into.]" };
    case "shell_ended": {
      const code = outcome.exitCode === null ? "" : ` with exit code ${outcome.exitCode}`;
      const suffix = `[The shell itself ended${code}. The next command gets a new one: variables and functions are gone.]`;
      return { suffix, ...(outcome.exitCode === null ? {} : { exitCode: outcome.exitCode }) };
    }
  }
}

const howToGoOn = 'Wait with an empty command, type with is_input, or stop it with is_input and "C-c".';
const persons =
  "[Not done: the person is using the terminal, and their command is still running. Wait for its end with an empty command, or go on without the terminal.]";
const waiting = `[The command still runs; it seems to be waiting for input. Type the answer or press a key with is_input, stop it with is_input and "C-c", or wait with an empty command if a person is to type.]`;

function stillRunning(reason: "timeout" | "no_change"): string {
  const why = reason === "timeout" ? "The time is up" : `No new output for ${noChangeTimeoutMs / 1000} seconds`;
  return `[${why}; the command still runs. ${howToGoOn}]`;
}

/** What came of a command that was left running, for the answer to the next one. */
export function wordsOfEarlier(result: TerminalResult): string {
  const { outcome, output } = result;
  const code = "exitCode" in outcome && outcome.exitCode !== null ? ` with exit code ${outcome.exitCode}` : "";
  const rest = output.trim() === "" ? "" : ` Its last output:\n${truncateMiddle(shorten(result).text, mostShownCharacters / 3)}\n`;
  return `[The command that was left running has ended${code}.${rest}]`;
}

/** What the well-known codes mean, because they are often misread (reliability.md TF-20). */
function wordsFor(exitCode: number): string {
  const words: Record<number, string> = {
    126: ": found, but not executable",
    127: ": command not found",
    130: ": interrupted",
    137: ": killed, often for lack of memory",
    139: ": crashed with a segmentation fault",
    143: ": terminated",
  };
  return words[exitCode] ?? "";
}
