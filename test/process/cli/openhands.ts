// Runs the built command line as a person or a script does: with an environment and a home of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { spawn as spawnPty } from "node-pty";
import { type Event, parseEvent } from "../../../src/protocol/events.ts";
import { root } from "../../support/checkout.ts";
import { type FakeAnswer, type FakeCall, type FakeRequest, startFakeLlm } from "../../support/fakeLlmServer.ts";
import { tempFolder } from "../../support/workspaces.ts";

export const program = path.join(root, "dist/cli.js");

/** The tests' engine may not be where a person's is. */
const engine = process.env["DOCKER_HOST"] === undefined ? {} : { DOCKER_HOST: process.env["DOCKER_HOST"] };

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Where its conversations are kept; a fresh folder without it. */
  readonly kept?: string;
  /** An undefined variable is not set at all. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
  /** Hears every line of standard output; may send a signal, or stop reading. */
  readonly onLine?: (line: string, child: ChildProcess) => void;
  /** Runs it instead of Node, with Node and its arguments after these. */
  readonly wrapper?: readonly string[];
}

/** Runs the command line with nobody at the terminal. */
export async function openhands(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  const { env = {}, stdin = "", onLine = () => undefined, wrapper = [] } = options;
  await using home = await tempFolder();
  const own = {
    PATH: process.env["PATH"] ?? "",
    HOME: home.path,
    ...engine,
    OH_PERSISTENCE_DIR: options.kept ?? path.join(home.path, "kept"),
    ...env,
  };
  const [command = "", ...rest] = [...wrapper, process.execPath, program, ...args];
  const child = spawn(command, rest, { env: own, cwd: home.path, stdio: "pipe" });
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  const lines: string[] = [];
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    onLine(line, child);
  });
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.on("close", resolve);
  return { code: await promise, stdout: lines.join("\n"), stderr };
}

export const terminal = (command: string): FakeCall => ({ name: "terminal", arguments: { command } });
export const finish: FakeAnswer = { toolCalls: [{ name: "finish", arguments: { message: "All done." } }] };

export interface Done extends Ended {
  readonly files: Readonly<Record<string, string>>;
  readonly requests: readonly FakeRequest[];
}

/** Does a task in an empty folder with a model that answers so. */
export async function doTask(answers: readonly FakeAnswer[], args: readonly string[], options: CliOptions = {}): Promise<Done> {
  await using folder = await tempFolder();
  await using llm = await startFakeLlm(answers);
  const ended = await openhands(["run", "Do it.", "--workspace", folder.path, "--model", "fake", "--base-url", llm.url, ...args], options);
  return { ...ended, files: await filesIn(folder.path), requests: llm.requests };
}

async function filesIn(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(path.join(folder, name), "utf8")])));
}

export interface AtTerminal {
  /** Typed when the screen ends with `at`, once. */
  readonly typed?: readonly { readonly at: RegExp; readonly keys: string }[];
  readonly kept?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs it at a real terminal of 100 columns; `raw` is all that came, `screen` the same without control sequences and erased lines. */
export async function atTerminal(args: readonly string[], { typed = [], kept, env = {} }: AtTerminal = {}) {
  await using home = await tempFolder();
  const own = {
    PATH: process.env["PATH"] ?? "",
    HOME: home.path,
    TERM: "xterm-256color",
    ...engine,
    OH_PERSISTENCE_DIR: kept ?? path.join(home.path, "kept"),
  };
  const child = spawnPty(process.execPath, [program, ...args], { cwd: home.path, env: { ...own, ...env }, cols: 100, rows: 40 });
  const { promise, resolve } = Promise.withResolvers<number>();
  const left = [...typed];
  let raw = "";
  child.onData((piece) => {
    raw += piece;
    const [next] = left;
    if (next === undefined || !next.at.test(stripVTControlCharacters(raw))) return;
    left.shift();
    child.write(next.keys);
  });
  child.onExit(({ exitCode }) => resolve(exitCode));
  const code = await promise;
  return { code, raw, screen: stripVTControlCharacters(raw.replaceAll(/[^\n]*\r\x1b\[2K/g, "")).replaceAll("\r\n", "\n") };
}

export const eventsOf = (stdout: string): Event[] => stdout.split("\n").map((line) => parseEvent(JSON.parse(line)));

/** The ids of the conversations that are kept there. */
export async function idsIn(kept: string): Promise<string[]> {
  return (await readdir(path.join(kept, "conversation-logs"))).filter((name) => name.length === 36);
}
