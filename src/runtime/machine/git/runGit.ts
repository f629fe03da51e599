import { spawn } from "node:child_process";
import { once } from "node:events";
import { codeOf } from "../../../protocol/thrown.ts";
import { RuntimeError } from "../../runtime.ts";
import { shellEnvironment, withoutSecrets } from "../environment.ts";

export interface GitAnswer {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  /** The begin of what it said of errors. */
  readonly stderr: string;
  /** There was more on `stdout`, and git was ended. */
  readonly isCut: boolean;
}

export interface GitOptions {
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly maxBytes?: number;
  /** Further settings over those of the repository. */
  readonly settings?: Readonly<Record<string, string>>;
}

const mostBytes = 64 * 1024 * 1024;
const mostTold = 2_000;
const deadlineMs = 30_000;

/** What a repository may not decide: a setting here wins over its own. */
const guards: Readonly<Record<string, string>> = {
  "core.fsmonitor": "false",
  "core.hooksPath": "/dev/null",
  "core.untrackedCache": "false",
  "core.quotePath": "false",
  "diff.external": "",
  "diff.ignoreSubmodules": "dirty",
  "log.showSignature": "false",
  "protocol.allow": "never",
  // Because the folder was named in the request, and nothing that its owner has put into it runs.
  "safe.directory": "*",
};

/**
 * Runs git without anything that the repository could have it run: no hook, file monitor, filter, text converter, pager or remote. It takes no
 * lock and asks nobody. Rejects with RuntimeError when there is no git, or when it takes too long.
 */
export async function runGit(
  args: readonly string[],
  { cwd, signal, maxBytes = mostBytes, settings = {} }: GitOptions,
): Promise<GitAnswer> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  deadline.throwIfAborted();
  const child = spawn("git", ["--no-pager", "--literal-pathspecs", ...args], {
    cwd,
    env: gitEnvironment({ ...guards, ...settings }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  const kill = (): void => void child.kill("SIGKILL");
  deadline.addEventListener("abort", kill, { once: true });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(0, mostTold);
  });
  const parts: Buffer[] = [];
  let size = 0;
  child.stdout.on("data", (part: Buffer) => {
    size += part.length;
    if (size > maxBytes) kill();
    else parts.push(part);
  });
  try {
    await closed;
    signal.throwIfAborted();
    if (deadline.aborted) throw new RuntimeError("failed", `git took longer than ${deadlineMs / 1000} seconds in ${cwd}.`);
    return { exitCode: child.exitCode, stdout: Buffer.concat(parts), stderr, isCut: size > maxBytes };
  } catch (error) {
    if (codeOf(error) === "ENOENT") throw new RuntimeError("no-shell", "git is not installed where the server runs.", { cause: error });
    throw error;
  } finally {
    deadline.removeEventListener("abort", kill);
  }
}

function gitEnvironment(settings: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(shellEnvironment(withoutSecrets(process.env))).filter(([name]) => !name.startsWith("GIT_"));
  const entries = Object.entries(settings);
  const given = entries.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key] as const,
    [`GIT_CONFIG_VALUE_${index}`, value] as const,
  ]);
  return {
    ...Object.fromEntries(own),
    ...Object.fromEntries(given),
    GIT_CONFIG_COUNT: String(entries.length),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: "none",
    LC_ALL: "C.UTF-8",
  };
}
