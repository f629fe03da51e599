import { parseArgs } from "node:util";
import type { RuntimeRef } from "../protocol/sandbox.ts";
import type { Environment } from "./environment.ts";
import { idText } from "./findConversation.ts";
import { type RunOptions, readFolderName, readRun } from "./runOptions.ts";
import { readRuntime } from "./runtimeOptions.ts";
import { readServer, type ServerChoice } from "./serverOptions.ts";
import { UsageError } from "./usage.ts";

export type Invocation =
  | { readonly type: "help" }
  | { readonly type: "version" }
  | { readonly type: "demo"; readonly json: boolean; readonly verbose: boolean; readonly runtime: RuntimeRef }
  | { readonly type: "run"; readonly options: RunOptions }
  | HistoryInvocation
  | SandboxInvocation;

/** What is done with conversations that are kept: here, or on `server`. */
export type HistoryInvocation =
  /** `workspace`: only the conversations of this folder. */
  | (OfServer & { readonly type: "list"; readonly workspace: string | undefined; readonly json: boolean })
  /** `id` is its beginning at least. */
  | (OfServer & { readonly type: "show"; readonly id: string; readonly json: boolean; readonly verbose: boolean })
  | (OfServer & { readonly type: "delete"; readonly id: string })
  | { readonly type: "restore"; readonly id: string };

interface OfServer {
  readonly server: ServerChoice | undefined;
}

/** What is done with sandboxes and their changes. Without `paths` it is for all; `isSure`: nobody is asked. */
export type SandboxInvocation =
  | { readonly type: "changes"; readonly id: string; readonly json: boolean; readonly diff: boolean }
  | { readonly type: "apply"; readonly id: string; readonly paths: readonly string[] }
  | { readonly type: "discard"; readonly id: string; readonly paths: readonly string[]; readonly isSure: boolean }
  | { readonly type: "sandbox.list"; readonly json: boolean }
  | { readonly type: "sandbox.prune"; readonly isSure: boolean };

const flags = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
  workspace: { type: "string" },
  model: { type: "string" },
  "base-url": { type: "string" },
  resume: { type: "string" },
  confirm: { type: "string" },
  "max-steps": { type: "string" },
  "max-cost": { type: "string" },
  "max-tokens": { type: "string" },
  timeout: { type: "string" },
  runtime: { type: "string" },
  image: { type: "string" },
  network: { type: "string" },
  mount: { type: "boolean" },
  apply: { type: "boolean" },
  server: { type: "string" },
  "server-key-file": { type: "string" },
  insecure: { type: "boolean" },
  diff: { type: "boolean" },
  yes: { type: "boolean" },
  verbose: { type: "boolean" },
  json: { type: "boolean" },
} as const;
export type Values = ReturnType<typeof parse>["values"];

const ofServer = ["server", "server-key-file", "insecure"] as const;

/** What each command takes; `help` and `version` go anywhere. */
const allowed = {
  run: new Set(Object.keys(flags).filter((flag) => flag !== "diff" && flag !== "yes")),
  list: new Set(["workspace", "json", ...ofServer]),
  show: new Set(["json", "verbose", ...ofServer]),
  delete: new Set<string>(ofServer),
  restore: new Set<string>(),
  changes: new Set(["json", "diff"]),
  apply: new Set<string>(),
  discard: new Set(["yes"]),
  sandbox: new Set(["json", "yes"]),
  demo: new Set(["json", "verbose", "runtime", "image", "network", "mount"]),
} as const;
type CommandName = keyof typeof allowed;

/** What the arguments and the environment ask for. Rejects with a UsageError. */
export async function readInvocation(args: readonly string[], environment: Environment): Promise<Invocation> {
  const { values, positionals } = parse(args);
  if (values.help) return { type: "help" };
  if (values.version) return { type: "version" };
  const [name, ...words] = positionals;
  if (name === undefined) throw new UsageError('Say what to do: "openhands run TASK", or "openhands demo". See "openhands --help".');
  if (!isCommand(name))
    throw new UsageError(`There is no command "${name}". The commands are ${Object.keys(allowed).join(", ")}; see "openhands --help".`);
  const stranger = Object.keys(values).find((flag) => !allowed[name].has(flag));
  if (stranger !== undefined) throw new UsageError(`"openhands ${name}" does not take --${stranger}. See "openhands --help".`);
  const { json = false, verbose = false } = values;
  switch (name) {
    case "run":
      return { type: "run", options: await readRun(words, values, environment) };
    case "demo":
      if (words.length > 0) throw new UsageError('"openhands demo" takes no task: it plays a recorded one.');
      return { type: "demo", json, verbose, runtime: readRuntime(values, environment) };
    case "list": {
      if (words.length > 0) throw new UsageError('"openhands list" takes no ID; "openhands show ID" prints one conversation.');
      const server = await readServer(values, environment);
      const { workspace } = values;
      return { type: "list", server, workspace: server || workspace === undefined ? workspace : readFolderName(workspace), json };
    }
    case "show":
      return { type: "show", server: await readServer(values, environment), id: readId(name, words), json, verbose };
    case "delete":
      return { type: name, server: await readServer(values, environment), id: readId(name, words) };
    case "restore":
      return { type: name, id: readId(name, words) };
    case "changes":
      return { type: name, id: readId(name, words), json, diff: values.diff ?? false };
    case "apply":
      return { type: name, ...readPaths(name, words) };
    case "discard":
      return { type: name, ...readPaths(name, words), isSure: values.yes ?? false };
    case "sandbox":
      return readSandbox(words, values);
  }
}

function readPaths(command: string, [id, ...paths]: readonly string[]): { readonly id: string; readonly paths: readonly string[] } {
  return { id: readId(command, id === undefined ? [] : [id]), paths };
}

function readSandbox(words: readonly string[], { json, yes }: Values): SandboxInvocation {
  const [what, ...more] = words;
  if (more.length > 0 || (what !== "list" && what !== "prune"))
    throw new UsageError('Say "openhands sandbox list" or "openhands sandbox prune".');
  if (what === "list" && yes !== undefined) throw new UsageError('"openhands sandbox list" does not take --yes: it removes nothing.');
  if (what === "prune" && json !== undefined)
    throw new UsageError('"openhands sandbox prune" does not take --json; "openhands sandbox list" does.');
  return what === "list" ? { type: "sandbox.list", json: json ?? false } : { type: "sandbox.prune", isSure: yes ?? false };
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(allowed, name);
}

function parse(args: readonly string[]) {
  try {
    const parsed = parseArgs({ args: [...args], options: flags, allowPositionals: true, tokens: true });
    refuseRepeats(parsed.tokens);
    return parsed;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const [sentence] = error instanceof Error ? error.message.split(/\.\s/) : [];
    throw new UsageError(`${sentence ?? "The arguments are not understood"}. See "openhands --help".`, { cause: error });
  }
}

/** Because the one that would be passed over may be the one that was meant. */
function refuseRepeats(tokens: readonly { readonly kind: string; readonly name?: string }[]): void {
  const names = tokens.flatMap(({ kind, name }) => (kind === "option" && name !== undefined ? [name] : []));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`--${twice} is given twice. Give it once.`);
}

function readId(command: string, words: readonly string[]): string {
  const [id] = words;
  if (id === undefined || words.length > 1)
    throw new UsageError(`"openhands ${command}" takes one ID, or its first letters. "openhands list" prints them.`);
  return idText(id);
}
