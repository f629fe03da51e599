import type { Action, TerminalObservation } from "../protocol/actions.ts";
import { lastingEffectsOf, mayBeGranted } from "../protocol/consequences.ts";
import type { ActionEvent, Event } from "../protocol/events.ts";
import type { ConfirmationPolicy } from "../protocol/state.ts";
import { needsConfirmation } from "./confirmation.ts";

/** A command that the person has allowed to run again without asking: exactly this text, and only in this folder. */
export interface Grant {
  readonly command: string;
  readonly workingDir: string;
}

/** As much of an action as is looked at. */
export type Judged = Pick<ActionEvent, "action" | "security_risk">;

/**
 * Which of `actions`, one batch, run without asking because the person has allowed exactly them; none when somebody is asked about the batch
 * all the same. The folder of the shell is known before the first command of a batch only, and an edit before it may change what it runs.
 */
export function grantedOf<Some extends Judged>(
  policy: ConfirmationPolicy,
  actions: readonly Some[],
  { grants, workingDir }: { readonly grants: readonly Grant[]; readonly workingDir: string },
): ReadonlySet<Some> {
  if (policy.kind !== "ConfirmRisky" || !needsConfirmation(policy, actions)) return new Set();
  const at = actions.findIndex(({ action }) => action?.kind === "TerminalAction");
  const command = actions[at];
  const left = actions.slice(0, at).reduce((kept, { action }) => withoutEdited(kept, pathOfEdit(action)), grants);
  if (!command || !left.some((grant) => isFor(grant, command.action, workingDir))) return new Set();
  const rest = actions.filter((action) => action !== command);
  return needsConfirmation(policy, rest) ? new Set() : new Set([command]);
}

function isFor({ command, workingDir }: Grant, action: Action | null | undefined, at: string): boolean {
  return action?.kind === "TerminalAction" && action.command === command && workingDir === at && mayBeGranted(action);
}

/** What the person has allowed for later, while a conversation is open. It is in memory only, and nothing in a log can put it there. */
export class Grants {
  #grants: readonly Grant[] = [];
  readonly #asked = new Map<string, string>();
  /** Where the shell stands; undefined: where it began; null: it is not known. */
  #workingDir: string | null | undefined;

  /** The next time that these actions are done, they become grants. */
  remember(actions: readonly ActionEvent[]): void {
    for (const { id, action } of actions)
      if (action?.kind === "TerminalAction" && mayBeGranted(action)) this.#asked.set(id, action.command);
  }

  /** To be told of every event, in order. `home` is where a shell begins. */
  hear(event: Event, home: string): void {
    // A command that was cut off may have moved the shell.
    if (event.kind === "AgentErrorEvent" && event.tool_name === "terminal") this.#workingDir = null;
    if (event.kind !== "ObservationEvent") return;
    const { observation, action_id } = event;
    const command = this.#asked.get(action_id);
    this.#asked.delete(action_id);
    const workingDir = this.#folder(home);
    if (observation.kind === "TerminalObservation") {
      this.#workingDir = folderAfter(observation);
      this.#grants = withoutEffects(this.#grants, observation.command ?? "");
    }
    if (command !== undefined && workingDir !== null) this.#grants = [...this.#grants, { command, workingDir }];
    if (observation.kind === "FileEditorObservation" && observation.command !== "view" && !observation.is_error)
      this.#grants = withoutEdited(this.#grants, observation.path ?? undefined);
  }

  /** See `grantedOf`. */
  of<Some extends Judged>(policy: ConfirmationPolicy, actions: readonly Some[], home: string): ReadonlySet<Some> {
    const workingDir = this.#folder(home);
    return workingDir === null ? new Set() : grantedOf(policy, actions, { grants: this.#grants, workingDir });
  }

  #folder(home: string): string | null {
    return this.#workingDir === undefined ? home : this.#workingDir;
  }
}

/** What still runs may move the shell later, and what failed to run tells nothing. */
function folderAfter({ is_error, exit_code, metadata }: TerminalObservation): string | null {
  return is_error || exit_code == null || exit_code === -1 ? null : (metadata.working_dir ?? null);
}

/** Files that say what other commands run. */
const manifest = new RegExp(
  `^(?:${[
    String.raw`package(?:-lock)?\.json|deno\.jsonc?|composer\.json|nx\.json|turbo\.json|lerna\.json|pnpm-workspace\.yaml|bunfig\.toml`,
    String.raw`.*make(?:file|lists\.txt)|.*\.mk|(?:just|rake|gem|gulp|grunt|docker|vagrant|proc|nox|task)file(?:\.\w+)*|lefthook\.ya?ml`,
    String.raw`pyproject\.toml|setup\.(?:py|cfg)|tox\.ini|pytest\.ini|conftest\.py|sitecustomize\.py|cargo\.toml|build\.(?:rs|zig)|go\.mod`,
    String.raw`.*\.gradle(?:\.kts)?|gradle\.properties|pom\.xml|build\.xml|build\.sbt|meson\.build|build(?:\.bazel)?|workspace|mix\.exs|phpunit\.xml`,
    String.raw`.*\.(?:cs|fs|vb)proj|.*\.(?:sln|props|targets)|package\.swift|dune(?:-project)?|flake\.nix|mise\.toml`,
    String.raw`.*\.conf(?:ig)?\.\w+|(?:webpack|esbuild|rollup|vite)\.\w+|\..*rc(?:\.\w+)?|\.env(?:\.\w+)*`,
  ].join("|")})$`,
  "i",
);

/** A command is an edit of the files that it writes; one that changes its shell may change what any words mean. */
function withoutEffects(grants: readonly Grant[], command: string): readonly Grant[] {
  if (grants.length === 0) return grants;
  const { changesShell, files } = lastingEffectsOf(command);
  return changesShell ? [] : files.reduce(withoutEdited, grants);
}

/** An edit of what a command names, or of what says what it does, takes the grant back. */
function withoutEdited(grants: readonly Grant[], path: string | undefined): readonly Grant[] {
  if (path === undefined) return grants;
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  return manifest.test(name) ? [] : grants.filter(({ command }) => !names(command, name));
}

function names(command: string, name: string): boolean {
  if (command.includes(name)) return true;
  const stem = name.replace(/\.\w+$/, "");
  // `python -m app.main` and `./run*` are names of files, too.
  if (new RegExp(`-m\\s+(?:[\\w.]+\\.)?${stem.replaceAll(/\W/g, ".")}(?:\\s|$)`).test(command)) return true;
  return (command.match(/[^\s"'/;|&()<>]*[*?[][^\s"'/;|&()<>]*/g) ?? []).some((glob) => globOf(glob).test(name));
}

function globOf(glob: string): RegExp {
  const pattern = glob
    .replaceAll(/[.+^${}()|\\[\]]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${pattern}$`);
}

function pathOfEdit(action: Action | null | undefined): string | undefined {
  return action?.kind === "FileEditorAction" && action.command !== "view" ? action.path : undefined;
}
