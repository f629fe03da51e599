import { accessSync, constants } from "node:fs";
import path from "node:path";
import { bash } from "./bash.ts";
import type { ShellDialect } from "./dialect.ts";
import { fish } from "./fish.ts";
import { powershell, pwsh } from "./pwsh.ts";
import { sh } from "./sh.ts";
import { zsh } from "./zsh.ts";

const dialects: Readonly<Record<string, ShellDialect>> = { ash: sh, bash, dash: sh, fish, powershell, pwsh, sh, zsh };

export interface ChosenShell {
  readonly dialect: ShellDialect;
  readonly program: string;
  /** Why it is not the one that was wanted, in a sentence for the person. */
  readonly notice?: string;
}

export interface ShellWish {
  /** A name or path, such as `$SHELL`. */
  readonly wanted: string | undefined;
  /** What the shell is going to inherit; programs are looked for on its PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
  readonly platform: string;
}

/**
 * The shell that is wanted, when it is one that we can speak with; else the best that is there. When none is there, it is one whose
 * start will fail with a sentence.
 */
export function chooseShell({ wanted, env, isTerminal, platform }: ShellWish): ChosenShell {
  const names = platform === "win32" ? ["pwsh", "powershell"] : ["bash", "zsh", ...(isTerminal ? ["fish"] : []), "sh"];
  const wantedDialect = wanted === undefined ? undefined : dialects[nameOf(wanted)];
  // On Windows, $SHELL names the bash of Git or Cygwin, whose paths are not Windows's.
  const isUsable = wantedDialect !== undefined && (platform !== "win32" || names.includes(wantedDialect.name));
  if (wanted !== undefined && isUsable && (isTerminal || wantedDialect.needsTerminal !== true))
    return { dialect: wantedDialect, program: wanted };
  const name = names.find((candidate) => isOnPath(candidate, env, platform)) ?? names[0] ?? "sh";
  const chosen = { dialect: dialects[name] ?? sh, program: name };
  if (wanted === undefined) return chosen;
  const reason = isUsable ? "needs a terminal, and none can be had here" : "is not one that the agent's terminal can speak with";
  return { ...chosen, notice: `Commands run in ${name}, because ${wanted} ${reason}.` };
}

/** The shell of a person whose `$SHELL` this is: not the plain one, because bash is the same with more. */
export function personsShell(program: string | undefined): string | undefined {
  return program === undefined || dialects[nameOf(program)] === sh ? undefined : program;
}

function nameOf(program: string): string {
  return program
    .replace(/^.*[\\/]/, "")
    .replace(/\.exe$/i, "")
    .toLowerCase();
}

function isOnPath(name: string, env: ShellWish["env"], platform: string): boolean {
  const file = platform === "win32" ? `${name}.exe` : name;
  const folders = (env["PATH"] ?? env["Path"] ?? "").split(path.delimiter);
  return folders.some((folder) => isExecutable(path.join(folder, file)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Because a file that is not there is an answer here, not an error.
    return false;
  }
}
