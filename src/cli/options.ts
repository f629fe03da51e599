import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import * as z from "zod";
import { needsKey } from "../llm/openLlm.ts";
import { ConfirmMode, confirmPolicies, defaultMaxSteps } from "../protocol/settings.ts";
import type { ConfirmationPolicy, LlmRef } from "../protocol/state.ts";
import { UsageError } from "./usage.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export type Invocation =
  | { readonly type: "help" }
  | { readonly type: "version" }
  | { readonly type: "demo"; readonly json: boolean }
  | { readonly type: "run"; readonly options: RunOptions };

export interface RunOptions {
  readonly task: string;
  readonly workingDir: string;
  readonly llm: LlmRef;
  readonly apiKey: string | undefined;
  readonly policy: ConfirmationPolicy;
  readonly maxSteps: number;
  readonly json: boolean;
}

const flags = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
  workspace: { type: "string" },
  model: { type: "string" },
  "base-url": { type: "string" },
  confirm: { type: "string" },
  "max-steps": { type: "string" },
  json: { type: "boolean" },
} as const;
type Values = ReturnType<typeof parse>["values"];

/** What the arguments and the environment ask for. Rejects with a UsageError. */
export async function readInvocation(args: readonly string[], environment: Environment): Promise<Invocation> {
  const { values, positionals } = parse(args);
  if (values.help) return { type: "help" };
  if (values.version) return { type: "version" };
  const [command, ...rest] = positionals;
  switch (command) {
    case "demo":
      if (rest.length > 0) throw new UsageError(`"openhands demo" takes no task: it plays a recorded one.`);
      if (Object.keys(values).some((name) => name !== "json")) throw new UsageError('"openhands demo" takes no option but --json.');
      return { type: "demo", json: values.json ?? false };
    case "run":
      return { type: "run", options: await readRun(rest, values, environment) };
    case undefined:
      throw new UsageError('Say what to do: "openhands run TASK", or "openhands demo". See "openhands --help".');
    default:
      throw new UsageError(`There is no command "${command}". The commands are run and demo; see "openhands --help".`);
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: true });
  } catch (error) {
    const [sentence] = error instanceof Error ? error.message.split(". ") : [];
    throw new UsageError(`${sentence ?? "The arguments are not understood"}. See "openhands --help".`, { cause: error });
  }
}

async function readRun(words: readonly string[], values: Values, environment: Environment): Promise<RunOptions> {
  const workingDir = await readFolder(values.workspace ?? ".");
  const apiKey = environment["LLM_API_KEY"] || environment["OPENAI_API_KEY"] || undefined;
  const llm = readLlm(values, environment);
  const options = {
    workingDir,
    llm,
    apiKey,
    policy: readPolicy(values.confirm ?? "risky"),
    maxSteps: readMaxSteps(values["max-steps"] ?? String(defaultMaxSteps)),
    json: values.json ?? false,
    task: await readTask(words),
  };
  if (apiKey === undefined && needsKey(llm))
    throw new UsageError(`${llm.model} needs an API key. Set LLM_API_KEY, or choose another model.`);
  return options;
}

async function readTask(words: readonly string[]): Promise<string> {
  if (words.length > 1) throw new UsageError("The task is one argument: put it in quotes.");
  const task = words[0] === "-" ? await text(process.stdin) : (words[0] ?? "");
  if (task.trim() === "")
    throw new UsageError('There is no task. Say it: openhands run "fix the failing test", or pass "-" to read it from standard input.');
  return task.trim();
}

async function readFolder(path: string): Promise<string> {
  // Because an empty variable of a script must not mean the folder that one happens to be in.
  if (path === "") throw new UsageError("--workspace takes a folder, and was given an empty name.");
  const folder = resolve(path);
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) throw new UsageError(`The workspace ${folder} does not exist.`);
  if (!found.isDirectory()) throw new UsageError(`The workspace ${folder} is not a folder.`);
  return folder;
}

function readLlm(values: Values, environment: Environment): LlmRef {
  const model = values.model ?? environment["LLM_MODEL"];
  if (!model) {
    throw new UsageError(
      'No model is chosen. Pass --model NAME or set LLM_MODEL, and LLM_API_KEY for its key; "openhands demo" needs neither.',
    );
  }
  const url = values["base-url"] ?? (environment["LLM_BASE_URL"] || environment["OPENAI_BASE_URL"] || undefined);
  if (url === undefined) return { model };
  const parsed = z.url({ protocol: /^https?$/ }).safeParse(url);
  if (!parsed.success) throw new UsageError(`The base URL "${url}" is not an http or https address.`);
  return { model, base_url: url };
}

function readPolicy(name: string): ConfirmationPolicy {
  const mode = ConfirmMode.safeParse(name);
  if (mode.success) return confirmPolicies[mode.data];
  throw new UsageError(`--confirm takes always, risky or never, not "${name}".`);
}

function readMaxSteps(value: string): number {
  if (/^[1-9]\d{0,6}$/.test(value)) return Number(value);
  throw new UsageError(`--max-steps takes a whole number from 1, not "${value}".`);
}
