/** An error or a warning that the editor shows of a file. */
export interface Problem {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** The text of that line; undefined where the file is not open. */
  readonly text: string | undefined;
  readonly severity: "error" | "warning";
  readonly message: string;
  /** Who says it and under which number, such as `ts 2304`; empty when nobody says so. */
  readonly from: string;
}

export interface Changes {
  readonly fresh: readonly Problem[];
  readonly gone: readonly Problem[];
}

/** What is new and what is gone; a problem whose line has only moved is the same. */
export function compareProblems(before: readonly Problem[], now: readonly Problem[]): Changes {
  const left = Map.groupBy(before, keyOf);
  const fresh = now.filter((problem) => {
    const same = left.get(keyOf(problem)) ?? [];
    const index = same.findIndex(({ text }) => text === problem.text || text === undefined || problem.text === undefined);
    if (index >= 0) same.splice(index, 1);
    return index < 0;
  });
  return { fresh, gone: [...left.values()].flat() };
}

function keyOf({ severity, message, from }: Problem): string {
  return JSON.stringify([severity, from, message]);
}

const mostTold = 10;
const longestMessage = 300;

/** In a few lines for the model; those of `path`, which was edited, and errors come first. */
export function tellProblems({ fresh, gone }: Changes, path: string): string[] {
  const rank = (problem: Problem): number => (problem.path === path ? 0 : 2) + (problem.severity === "error" ? 0 : 1);
  const sorted = fresh.toSorted((a, b) => rank(a) - rank(b) || a.line - b.line);
  const lines = sorted.slice(0, mostTold).map((problem) => `- ${placeOf(problem, path)}, ${problem.severity}: ${wordsOf(problem)}`);
  const more = sorted.length > mostTold ? [`… and ${sorted.length - mostTold} more.`] : [];
  return [
    ...(lines.length > 0 ? [["The editor shows new problems:", ...lines, ...more].join("\n")] : []),
    ...(gone.length > 0 ? [gone.length === 1 ? "1 problem is gone." : `${gone.length} problems are gone.`] : []),
  ];
}

const placeOf = (problem: Problem, path: string): string => (problem.path === path ? "" : `${problem.path} `) + `line ${problem.line}`;

function wordsOf({ message, from }: Problem): string {
  const short = message.length > longestMessage ? `${message.slice(0, longestMessage).toWellFormed()}…` : message;
  return short.replaceAll(/\s+/g, " ").trim() + (from === "" ? "" : ` (${from})`);
}
