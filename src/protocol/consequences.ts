import type { Action } from "./actions.ts";
import { changesLater, changesPrograms, rules, runsText } from "./consequenceRules.ts";
import type { ActionEvent } from "./events.ts";
import { isProtected, isSecret } from "./protectedPaths.ts";
import { type ShellPart, shellParts } from "./shellParts.ts";
import type { ConfirmationPolicy } from "./state.ts";
import { visibleText } from "./visibleText.ts";

/** What a command does that a person wants to know before it runs. */
export interface Consequence {
  /** In plain words, a sentence for each; may be empty. */
  readonly text: string;
  /** Whether it may be allowed once for all times that exactly this is to run. */
  readonly mayBeRemembered: boolean;
}

const longest = 20_000;
const deepest = 4;

/**
 * What stands out in `command`, each of its parts looked at; undefined when nothing does, which does not mean that it is harmless. It informs, and
 * says what is asked about every time; it never makes a command count as less risky.
 */
export function consequenceOf(command: string): Consequence | undefined {
  const all = command.length > longest ? [{ text: "Is too long to be looked through.", isAsked: true }] : notes(command, 0);
  const odd = visibleText(command) === command ? [] : [{ text: "Holds characters that cannot be seen.", isAsked: true }];
  const found = [...odd, ...all];
  if (found.length === 0) return undefined;
  return { text: [...new Set(found.map(({ text }) => text))].join(" "), mayBeRemembered: !found.some(({ isAsked }) => isAsked) };
}

/** What a command leaves behind that may change what others do. */
export interface LastingEffects {
  /** Its shell may run other things by the same words from now on. */
  readonly changesShell: boolean;
  /** The files that it writes, as far as it names them. */
  readonly files: readonly string[];
}

export function lastingEffectsOf(command: string): LastingEffects {
  if (command.length > longest) return { changesShell: true, files: [] };
  return { changesShell: notes(command, 0).some(({ text }) => changingShell.has(text)), files: filesWritten(command, 0) };
}

const changingShell = new Set([changesLater, changesPrograms, runsText]);

/** Whether `action` may be allowed for later: one whole command, and none that is asked about every time. */
export function mayBeGranted(action: Action | null | undefined): boolean {
  if (action?.kind !== "TerminalAction" || action.is_input || action.reset || action.command.trim() === "") return false;
  return consequenceOf(action.command)?.mayBeRemembered ?? true;
}

/** Whether the answer can hold for the next time as well: only where commands are asked about, and only of these it is known that they are the same. */
export function mayBeRemembered(actions: readonly Pick<ActionEvent, "action">[], policy: ConfirmationPolicy | undefined): boolean {
  return policy?.kind === "ConfirmRisky" && actions.every(({ action }) => mayBeGranted(action));
}

/** `isAsked`: a person is asked every time. */
interface Note {
  readonly text: string;
  readonly isAsked: boolean;
}

const asked = (text: string): Note => ({ text, isAsked: true });

function notes(command: string, depth: number): Note[] {
  if (depth > deepest) return [asked("Holds commands in commands.")];
  const { parts, nested, isOdd } = shellParts(command);
  return [
    ...(isOdd ? [asked("Uses an expansion that can hide a command.")] : []),
    ...parts.flatMap((part) => notesOfPart(part, depth)),
    ...nested.flatMap((inner) => notes(inner, depth + 1)),
  ];
}

const unknownProgram = asked("Runs a program whose name is only known when it runs.");

function notesOfPart(part: ShellPart, depth: number): Note[] {
  const words = unwrapped(part.words);
  const wrapping = part.words.slice(0, part.words.length - words.length);
  const [first = ""] = words;
  const program = programOf(first);
  return [
    // By a variable, a pattern of files, or braces.
    ...(/[$*?{]|[^[]\[/.test(first) ? [unknownProgram] : []),
    ...[...part.assignments, ...wrapping].filter((one) => startsPrograms.test(one)).map(() => asked(changesPrograms)),
    ...wrapping.map(programOf).flatMap((word) => (wrapper.test(word) ? applied(word) : [])),
    ...(wrapping.length > 0 ? applied(lineOf(part.words)) : []),
    ...applied(lineOf(words)),
    ...notesOfInner(program, words, part, depth),
    ...notesOfPaths(words, part),
  ];
}

/** Its program without the folder. */
function lineOf([first = "", ...rest]: readonly string[]): string {
  return [programOf(first), ...rest].join(" ");
}

function applied(line: string): Note[] {
  return rules.flatMap(({ when, text, isAsked = false }) => {
    const found = when.exec(line);
    return found === null ? [] : [{ text: typeof text === "string" ? text : text(line), isAsked }];
  });
}

/** Variables that say what is run. */
const startsPrograms =
  /^(?:PATH|LD_\w+|DYLD_\w+|NODE_OPTIONS|NODE_PATH|PYTHON\w+|PERL5?\w+|RUBY\w+|GIT_\w+|SSH_\w+|BASH_ENV|ENV|IFS|PROMPT_COMMAND|PS4|EDITOR|VISUAL|PAGER|LESSOPEN|SHELL|npm_config_\w+)\+?=/i;

/** Programs that run the one behind them. */
const wrapper = /^(?:env|command|builtin|exec|nohup|nice|ionice|time|timeout|stdbuf|setsid|xargs|watch|parallel|caffeinate|sudo|doas)$/;

/** Their options that have a value of their own. */
const valued =
  /^(?:(?:env|doas) -[uC]|sudo -[ughpCrtUDRT]|timeout -[sk]|(?:nice|watch) -n|ionice -[cn]|xargs -[InPLdEsa]|stdbuf -[ioe]|parallel -[jaI]|time -[of]|exec -a)$/;

/** Without the programs before the one that is run. What they are given is skipped as far as it is known. */
function unwrapped(words: readonly string[]): readonly string[] {
  let rest = words;
  while (wrapper.test(programOf(rest[0] ?? "")) && rest.length > 1) {
    const name = programOf(rest[0] ?? "");
    const given = rest;
    const isGiven = (word: string, at: number): boolean =>
      /^-|^[A-Za-z_]\w*=|^\d+(?:\.\d+)?[smhd]?$/.test(word) || valued.test(`${name} ${given[at]}`);
    const next = rest.slice(1).findIndex((word, at) => !isGiven(word, at));
    if (next === -1) return rest;
    rest = rest.slice(next + 1);
  }
  return rest;
}

function programOf(word: string): string {
  return (word.split(/[/\\]/).at(-1) ?? "").toLowerCase().replace(/\.(?:exe|cmd|bat|ps1)$/, "");
}

const shell = /^(?:(?:ba|z|da|k|fi)?sh|pwsh|powershell|cmd)$/;
/** They run what they read when they are given no program. */
const interpreter = /^(?:python[\d.]*|node|nodejs|perl|ruby|php|deno|bun|lua|osascript)$/;
const givenByAnother = asked("Runs what another command gives it.");

/** Commands that are given to a program to run. */
function notesOfInner(program: string, words: readonly string[], { isPiped, input }: ShellPart, depth: number): Note[] {
  if (program === "find" || program === "fd") {
    const at = words.findIndex((word) => /^-(?:exec|execdir|ok|okdir|x|X|-exec|-exec-batch)$/.test(word));
    return at === -1 ? [] : [asked("Runs a command for each file that it finds."), ...notes(words.slice(at + 1).join(" "), depth + 1)];
  }
  if (interpreter.test(program) && isPiped && words.slice(1).every((word) => /^-[^-cemp]*$/.test(word))) return [givenByAnother];
  if ((program === "source" || program === ".") && words.some((word) => word.includes("$"))) return [unknownProgram];
  if (!shell.test(program)) return [];
  const at = words.findIndex((word) => /^(?:-\w*c|\/c|-command)$/i.test(word));
  if (at !== -1) return notes(words[at + 1] ?? "", depth + 1);
  if (input !== "") return notes(input, depth + 1);
  if (words.some((word) => word.includes("$"))) return [unknownProgram];
  return isPiped ? [givenByAnother] : [];
}

const writers =
  /^(?:cp|mv|rm|rmdir|tee|ln|chmod|chown|install|touch|dd|truncate|mkdir|rsync|tar|unzip|patch|shred|unlink|sed -\S*i|perl -\S*i|git (?:mv|rm|checkout|restore|apply)|remove-item|set-content|move-item|copy-item)(?:\s|$)/;

/** Those that its words name, and those of them that it changes. */
function pathsOf(
  words: readonly string[],
  { writesTo }: ShellPart,
): { readonly paths: readonly string[]; readonly changed: readonly string[] } {
  const program = programOf(words[0] ?? "");
  const named = words.slice(1).flatMap((word) => [word, ...(word.includes("=") ? [word.slice(word.indexOf("=") + 1)] : [])]);
  const paths = program === "echo" || program === "printf" ? [] : named.filter((word) => !word.startsWith("-"));
  const isWriter = writers.test(lineOf(words));
  const changed = [...writesTo, ...(isWriter ? paths : [])].filter((path) => !/^\/dev\/(?:null|std(?:out|err)|tty|fd\/\d)$/.test(path));
  return { paths, changed };
}

function filesWritten(command: string, depth: number): string[] {
  if (depth > deepest) return [];
  const { parts, nested } = shellParts(command);
  return [
    ...parts.flatMap((part) => pathsOf(unwrapped(part.words), part).changed),
    ...nested.flatMap((inner) => filesWritten(inner, depth + 1)),
  ];
}

function notesOfPaths(words: readonly string[], part: ShellPart): Note[] {
  const { paths, changed } = pathsOf(words, part);
  const { writesTo } = part;
  return [
    ...[...paths, ...writesTo].filter(isSecret).map((path) => asked(`Uses ${path}, which may hold a secret.`)),
    ...changed
      .filter((path) => !isSecret(path) && isProtected(path, "write"))
      .map((path) => asked(`Changes ${path}, which other programs run or obey.`)),
    ...changed.filter(isElsewhere).map((path) => asked(changeOf(path))),
    ...writesTo
      .filter((path) => !isElsewhere(path) && !isProtected(path, "write") && changed.includes(path))
      .map((path) => ({
        text: `Writes ${path}.`,
        isAsked: path.includes("$"),
      })),
  ];
}

function changeOf(path: string): string {
  const host = /^\/dev\/(?:tcp|udp)\/([^/]+)/.exec(path)?.[1];
  return host === undefined ? `Changes ${path}.` : `Sends data to ${host}.`;
}

/** Whether it may lie outside the folder. Files for a while are no harm. */
function isElsewhere(path: string): boolean {
  return /^[/~]|^[A-Za-z]:[\\/]|(?:^|\/)\.\.(?:\/|$)|^\$(?!…)/.test(path) && !/^\/(?:private\/)?(?:var\/)?tmp\/[^.]/.test(path);
}
