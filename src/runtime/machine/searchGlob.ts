/** Whether a path, with `/` between its names, fits. */
export type GlobMatcher = (path: string) => boolean;

type Token =
  | { readonly type: "letter"; readonly fits: (letter: string) => boolean }
  /** `*`: any letters of one name. */
  | { readonly type: "name" }
  /** A leading or middle `**` with its slash: any number of whole folders. */
  | { readonly type: "folders" }
  /** `**` at the end: anything. */
  | { readonly type: "rest" };

const mostAlternatives = 100;

/**
 * Whether paths fit `glob`: `*`, `?`, `[a-z]`, `[!a-z]`, `**`, a backslash before a letter that is meant, and `{a,b}` unless `braces` are letters.
 *
 * The work is the length of the path times that of the glob, whatever stands in them; a regular expression would not promise that.
 */
export function globMatcher(glob: string, { braces }: { readonly braces: "groups" | "letters" }): GlobMatcher {
  const all = (braces === "groups" ? alternatives(glob) : [glob]).map(tokens);
  return (path) => all.some((one) => accepts(one, path));
}

/** `a{b,c}d` as `abd` and `acd`. A brace without its other half is a letter. */
function alternatives(glob: string): string[] {
  const done: string[] = [];
  const open = [glob];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const choices = done.length + open.length < mostAlternatives ? expandFirst(next) : undefined;
    if (choices === undefined) done.push(next);
    else open.push(...choices);
  }
  return done;
}

/** One glob for each part of the first group; undefined when there is none. */
function expandFirst(glob: string): string[] | undefined {
  const cuts: number[] = [];
  let depth = 0;
  for (let at = 0; at < glob.length; at++) {
    const letter = glob[at];
    if (letter === "\\") at++;
    if (letter === "{" && depth++ === 0) cuts.push(at);
    if (letter === "," && depth === 1) cuts.push(at);
    if (letter !== "}" || depth === 0 || --depth > 0) continue;
    const ends = [...cuts.slice(1), at];
    return ends.map((end, index) => glob.slice(0, cuts[0]) + glob.slice((cuts[index] ?? 0) + 1, end) + glob.slice(at + 1));
  }
  return undefined;
}

const parts =
  /\\(?<escaped>.)|(?<folders>(?<=^|\/)(?:\*\*\/)+)|(?<rest>(?<=^|\/)\*\*$)|(?<name>\*+)|(?<one>\?)|\[(?<set>[!^]?\]?[^\]]*)\]|(?<letter>.)/gsu;

function tokens(glob: string): Token[] {
  return [...glob.matchAll(parts)].map(({ groups = {} }): Token => {
    if (groups["folders"] !== undefined) return { type: "folders" };
    if (groups["rest"] !== undefined) return { type: "rest" };
    if (groups["name"] !== undefined) return { type: "name" };
    if (groups["one"] !== undefined) return { type: "letter", fits: (letter) => letter !== "/" };
    if (groups["set"] !== undefined) return { type: "letter", fits: setMatcher(groups["set"]) };
    const meant = groups["escaped"] ?? groups["letter"];
    return { type: "letter", fits: (letter) => letter === meant };
  });
}

function setMatcher(set: string): (letter: string) => boolean {
  const isNegated = /^[!^]/.test(set);
  const ranges = [...set.slice(isNegated ? 1 : 0).matchAll(/\\?(.)(?:-\\?([^\]]))?/gsu)].map(
    ([, from = "", to = from]) => [from, to] as const,
  );
  return (letter) => letter !== "/" && ranges.some(([from, to]) => from <= letter && letter <= to) !== isNegated;
}

/** Which places in the glob the letters read so far can have led to; all are followed at once. */
type Places = Uint8Array;

function accepts(glob: readonly Token[], path: string): boolean {
  let places: Places = new Uint8Array(glob.length + 1);
  enter(glob, places, 0);
  for (const letter of path) {
    const next: Places = new Uint8Array(glob.length + 1);
    for (let place = 0; place < glob.length; place++) {
      if (places[place] === 1) read(glob, next, { place, letter });
    }
    places = next;
  }
  return places[glob.length] === 1;
}

/** What can stand for nothing is passed at once. */
function enter(glob: readonly Token[], places: Places, from: number): void {
  for (let place = from; place <= glob.length; place++) {
    places[place] = 1;
    const type = glob[place]?.type;
    if (type !== "name" && type !== "folders") return;
  }
}

function read(glob: readonly Token[], next: Places, { place, letter }: { readonly place: number; readonly letter: string }): void {
  const token = glob[place];
  switch (token?.type) {
    case "letter":
      if (token.fits(letter)) enter(glob, next, place + 1);
      return;
    case "name":
      if (letter !== "/") enter(glob, next, place);
      return;
    case "folders":
      // Left only behind a slash: `**/b` fits `a/b` and not `ab`.
      next[place] = 1;
      if (letter === "/") enter(glob, next, place + 1);
      return;
    case "rest":
      next[place] = 1;
      enter(glob, next, place + 1);
      return;
    case undefined:
  }
}
