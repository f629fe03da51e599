import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** One file of ours as the architecture test sees it. `path` is from the root of the project, with forward slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
  /** The text with comments and the insides of strings turned to spaces, so that every offset stays as it was. */
  readonly code: string;
  readonly imports: readonly Import[];
}

/** `target` is a path from the root for our own files, else the specifier as it is written. */
export interface Import {
  readonly target: string;
  readonly isOurs: boolean;
  /** Type imports are gone when the code runs. */
  readonly isType: boolean;
}

/** Every source file in the folders (tsconfig and other data are not sources). */
export function readSources(root: string, folders: readonly string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|tsx|mts|mjs|cjs|js)$/.test(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => source(path.relative(root, file).split(path.sep).join("/"), readFileSync(file, "utf8")))
      .sort((one, other) => (one.path < other.path ? -1 : 1)),
  );
}

export function source(sourcePath: string, text: string): Source {
  const code = blank(text);
  return { path: sourcePath, text, code, imports: scanImports(sourcePath, text, code) };
}

// A quote that is not closed on its line (JSX text such as "don't") matches nothing and is passed over.
const notCode = new RegExp(
  [
    /\/\*[\s\S]*?\*\//, // a comment
    /\/\/[^\n]*/,
    /"(?:[^"\\\n]|\\.)*"/, // a string
    /'(?:[^'\\\n]|\\.)*'/,
    /`(?:[^`\\]|\\[\s\S])*`/,
    /(?<=(?:[(,=:[!&|?;{+]|=>|\breturn)\s*)\/(?:[^/*\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])*\//, // a regular expression
  ]
    .map((part) => part.source)
    .join("|"),
  "g",
);

function blank(text: string): string {
  return text.replace(notCode, (found) => {
    if (found.startsWith("`")) return blankTemplate(found);
    const isString = found.startsWith('"') || found.startsWith("'");
    return isString ? found.charAt(0) + spaces(found.slice(1, -1)) + found.charAt(0) : spaces(found);
  });
}

/** What stands in `${…}` is code. */
function blankTemplate(template: string): string {
  const inside = template.slice(1, -1);
  let blanked = "";
  let end = 0;
  for (const hole of inside.matchAll(/\$\{[^}]*\}/g)) {
    blanked += `${spaces(inside.slice(end, hole.index))} ${hole[0].slice(1)}`;
    end = hole.index + hole[0].length;
  }
  return `\`${blanked}${spaces(inside.slice(end))}\``;
}

function spaces(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

const statement = /(?<![\w.$])(?:import|export)\s+(type\s+(?!from\b|,))?[\w*{}\s,$]*?\bfrom\s*["']/g;
const bareImport = /(?<![\w.$])import\s*["']/g;
const call = /(?<![\w.$])(typeof\s+)?(?:import|require)\s*\(\s*["'`]/g;

function scanImports(from: string, text: string, code: string): Import[] {
  const found: Import[] = [];
  const add = (match: RegExpExecArray, isType: boolean): void => {
    const start = match.index + match[0].length;
    const end = code.indexOf(code.charAt(start - 1), start);
    found.push({ ...resolve(from, text.slice(start, end)), isType: isType || isTypeReference(code.slice(end + 1)) });
  };
  for (const match of code.matchAll(statement)) add(match, match[1] !== undefined);
  for (const match of code.matchAll(bareImport)) add(match, false);
  for (const match of code.matchAll(call)) add(match, match[1] !== undefined);
  return found;
}

/** `import("./x.ts").Name` is a type; a value would be awaited or followed by `then`. */
function isTypeReference(rest: string): boolean {
  return /^\s*\)\s*\.\s*[A-Z]/.test(rest);
}

function resolve(from: string, specifier: string): { readonly target: string; readonly isOurs: boolean } {
  if (!specifier.startsWith(".")) return { target: specifier, isOurs: false };
  return { target: path.posix.join(path.posix.dirname(from), specifier), isOurs: true };
}
