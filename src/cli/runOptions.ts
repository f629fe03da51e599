import { access, constants, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { demoModel } from "../llm/demo.ts";
import { factsOf } from "../llm/knownModels.ts";
import { needsKey } from "../llm/openLlm.ts";
import { isVscodeModel, onlyInVscode } from "../llm/vscodeModel.ts";
import { ConfirmMode, confirmPolicies, defaultMaxSteps } from "../protocol/settings.ts";
import type { ConfirmationPolicy, ConversationStart, Limits, LlmRef } from "../protocol/state.ts";
import { codeOf } from "../protocol/thrown.ts";
import { apiKeyIn, type Environment, pricesIn } from "./environment.ts";
import { idText } from "./findConversation.ts";
import type { Values } from "./options.ts";
import { type RuntimeFlags, readRuntime, readRuntimeFlags } from "./runtimeOptions.ts";
import { readServer, type ServerChoice } from "./serverOptions.ts";
import { isTerminal } from "./terminalText.ts";
import { UsageError } from "./usage.ts";

export interface RunOptions {
  /** Absent: go on with what is there. */
  readonly task: string | undefined;
  readonly target: Target;
  readonly apiKey: string | undefined;
  /** Where the agent works; absent: here. */
  readonly server?: ServerChoice | undefined;
  /** What is printed: events, the answer only, one line per action as well, or everything. */
  readonly detail: "json" | "answer" | "steps" | "all";
  /** Whether the changes of a sandbox are brought into the folder when the task is finished. */
  readonly applies: boolean;
  /** Where a conversation is kept that nobody goes on with; absent: among the others. */
  readonly keptIn?: string;
}

export type Target =
  | { readonly type: "new"; readonly start: Omit<ConversationStart, "id"> }
  | { readonly type: "old"; readonly id: string; readonly changes: Changes };

/** What an old conversation is told anew; what is absent stays as it is. */
export interface Changes {
  readonly model: string | undefined;
  readonly baseUrl: string | undefined;
  readonly policy: ConfirmationPolicy | undefined;
  readonly maxSteps: number | undefined;
  readonly limits: Limits;
  readonly runtime: RuntimeFlags;
  /** For a model of this name. */
  readonly prices: Partial<LlmRef>;
  readonly pricedModel: string | undefined;
}

export async function readRun(words: readonly string[], values: Values, environment: Environment): Promise<RunOptions> {
  const server = await readServer(values, environment);
  const target = values.resume === undefined ? await readNew(values, environment, server) : readOld(values.resume, values, environment);
  const apiKey = apiKeyIn(environment);
  const task = await readTask(words);
  if (task === undefined && target.type === "new")
    throw new UsageError('There is no task. Say it: openhands run "fix the failing test", or pass "-" to read it from standard input.');
  // A server may have the key itself.
  if (target.type === "new" && server === undefined) refuseUnusable(target.start.llm, target.start.limits ?? {}, apiKey);
  const detail = values.json ? "json" : values.verbose ? "all" : isTerminal(process.stdout) ? "steps" : "answer";
  return { task, target, apiKey, server, detail, applies: values.apply ?? false };
}

async function readNew(values: Values, environment: Environment, server: ServerChoice | undefined): Promise<Target> {
  const runtime = server ? ({ kind: "local" } as const) : readRuntime(values, environment);
  const start = {
    working_dir: server ? folderThere(values.workspace) : await usableFolder(readFolderName(values.workspace ?? ".")),
    llm: readLlm(values, environment),
    confirmation_policy: readPolicy(values.confirm ?? "risky"),
    max_iterations: readCount("--max-steps", values["max-steps"]) ?? defaultMaxSteps,
    ...(server ? {} : { limits: readLimits(values) }),
    ...(runtime.kind === "local" ? {} : { runtime }),
  };
  return { type: "new", start };
}

/** Only the server knows whether it is there; it makes one that is not. */
function folderThere(path: string | undefined): string {
  if (path !== undefined && /^(\/|[A-Za-z]:[\\/])/.test(path)) return path;
  throw new UsageError("Say in which folder of the server the agent works, with its whole path: --workspace /workspace/my-project.");
}

function readOld(id: string, values: Values, environment: Environment): Target {
  if (values.workspace !== undefined)
    throw new UsageError("--resume goes on in the conversation's own folder, so it takes no --workspace.");
  if (values.mount !== undefined) throw new UsageError("--mount is chosen when a conversation begins; --resume keeps what was chosen.");
  const changes = {
    model: values.model || undefined,
    baseUrl: readUrl(values["base-url"]),
    policy: values.confirm === undefined ? undefined : readPolicy(values.confirm),
    maxSteps: readCount("--max-steps", values["max-steps"]),
    limits: readLimits(values),
    runtime: readRuntimeFlags(values),
    prices: pricesIn(environment),
    pricedModel: values.model || environment["LLM_MODEL"] || undefined,
  };
  return { type: "old", id: idText(id), changes };
}

async function readTask(words: readonly string[]): Promise<string | undefined> {
  if (words.length > 1) throw new UsageError("The task is one argument: put it in quotes.");
  const isPiped = words[0] === "-";
  const task = (isPiped ? await text(process.stdin) : words[0])?.trim();
  if (task?.includes("\0")) throw new UsageError("The task is not text: there is a NUL character in it.");
  if (task === "")
    throw new UsageError(
      isPiped ? "There is no task on standard input." : 'There is no task. Say it: openhands run "fix the failing test".',
    );
  return task;
}

export function readFolderName(path: string): string {
  // Because an empty variable of a script must not mean the folder that one happens to be in.
  if (path === "") throw new UsageError("--workspace takes a folder, and was given an empty name.");
  try {
    return resolve(path);
  } catch (cause) {
    const sentence = "The current folder is not there any more. Go to another one, or name it with --workspace and its whole path.";
    throw new UsageError(sentence, { cause });
  }
}

/** The folder itself. Rejects unless it is one that can be worked in. */
export async function usableFolder(folder: string): Promise<string> {
  const found = await stat(folder).catch((cause: unknown) => {
    const code = codeOf(cause);
    const what = code === "ENOENT" ? "does not exist" : `cannot be opened (${code})`;
    throw new UsageError(`The workspace ${folder} ${what}.`, { cause });
  });
  if (!found.isDirectory()) throw new UsageError(`The workspace ${folder} is not a folder.`);
  await mayBe(folder, constants.R_OK | constants.X_OK, "read");
  await mayBe(folder, constants.W_OK, "written");
  return folder;
}

async function mayBe(folder: string, mode: number, done: string): Promise<void> {
  await access(folder, mode).catch((cause: unknown) => {
    throw new UsageError(`The workspace ${folder} cannot be ${done}. Choose another folder, or change its permissions.`, { cause });
  });
}

function readLlm(values: Values, environment: Environment): LlmRef {
  const model = values.model ?? environment["LLM_MODEL"];
  if (!model) {
    throw new UsageError(
      'No model is chosen. Pass --model NAME or set LLM_MODEL, and LLM_API_KEY for its key; "openhands demo" needs neither.',
    );
  }
  const url = readUrl(values["base-url"] ?? (environment["LLM_BASE_URL"] || environment["OPENAI_BASE_URL"] || undefined));
  return { model, ...(url === undefined ? {} : { base_url: url }), ...pricesIn(environment) };
}

function readUrl(url: string | undefined): string | undefined {
  if (url === undefined || z.url({ protocol: /^https?$/ }).safeParse(url).success) return url;
  throw new UsageError(`The base URL "${url}" is not an http or https address.`);
}

/** Throws when the model cannot be asked, or a limit could not be kept. */
export function refuseUnusable(llm: LlmRef, limits: Limits, apiKey: string | undefined): void {
  if (isVscodeModel(llm)) throw new UsageError(onlyInVscode(llm.model).message);
  if (apiKey === undefined && needsKey(llm))
    throw new UsageError(`${llm.model} needs an API key. Set LLM_API_KEY, or choose another model.`);
  if (limits.max_cost_usd !== undefined && llm.model !== demoModel && !factsOf(llm).hasPrice)
    throw new UsageError(
      `What ${llm.model} costs is not known, so --max-cost cannot be kept. Set LLM_INPUT_COST_PER_TOKEN and LLM_OUTPUT_COST_PER_TOKEN, or leave it out.`,
    );
}

function readPolicy(name: string): ConfirmationPolicy {
  const mode = ConfirmMode.safeParse(name);
  if (mode.success) return confirmPolicies[mode.data];
  throw new UsageError(`--confirm takes always, risky or never, not "${name}".`);
}

function readLimits(values: Values): Limits {
  const cost = readAmount("--max-cost", "dollars, such as 0.50", values["max-cost"]);
  const tokens = readCount("--max-tokens", values["max-tokens"]);
  const seconds = readAmount("--timeout", "seconds", values.timeout);
  return {
    ...(cost === undefined ? {} : { max_cost_usd: cost }),
    ...(tokens === undefined ? {} : { max_tokens: tokens }),
    ...(seconds === undefined ? {} : { max_wall_seconds: seconds }),
  };
}

function readCount(flag: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^[1-9]\d{0,11}$/.test(value)) return Number(value);
  throw new UsageError(`${flag} takes a whole number from 1, not "${value}".`);
}

function readAmount(flag: string, unit: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^(\d{1,9}(\.\d*)?|\.\d+)$/.test(value) && Number(value) > 0) return Number(value);
  throw new UsageError(`${flag} takes ${unit}, more than 0, not "${value}".`);
}
