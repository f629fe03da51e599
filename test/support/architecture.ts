import { doors, environmentReaders, maxLines, nodeModules, packages, roomOf, rooms, vscode } from "./rooms.ts";
import type { Import, Source } from "./sources.ts";

/** Each function answers with sentences, one for every place that breaks the rule; none means that all is well. */

export function wrongRoomImports(sources: readonly Source[]): string[] {
  return eachImport(sources, (file, { target, isOurs }) => {
    const room = roomOf(file.path);
    if (!isOurs) return undefined;
    if (room === undefined) return `${file.path} is in no room: move it into a folder of src that has a row in test/support/rooms.ts.`;
    if (rooms[room] === undefined) return `The room "${room}" of ${file.path} is unknown: give it a row in test/support/rooms.ts.`;
    const other = roomOf(target);
    if (other === room || (other !== undefined && rooms[room].includes(other))) return undefined;
    const allowed = rooms[room].length > 0 ? `only ${rooms[room].join(", ")}` : "no other room";
    return `${file.path} imports ${target}, but "${room}" may enter ${allowed}: move the shared part down, or pass it in.`;
  });
}

export function doorImports(sources: readonly Source[]): string[] {
  return eachImport(sources, (file, { target, isOurs }) => {
    const [from, to] = [roomOf(file.path), roomOf(target)];
    if (!isOurs || from === undefined || to === undefined || from === to || !doors.includes(from) || !doors.includes(to)) return undefined;
    return `The door ${file.path} imports the door ${target}: move what both need into the room below them.`;
  });
}

export function wrongPackages(sources: readonly Source[]): string[] {
  return eachImport(sources, (file, { target, isOurs }) => {
    if (isOurs || target.startsWith("node:")) return undefined;
    const name = packageOf(target);
    const allowed = name === "vscode" ? vscode : packages[name];
    if (allowed === undefined) return `${file.path} imports the package "${name}", which has no row in test/support/rooms.ts: add one.`;
    if (isIn(file.path, allowed)) return undefined;
    return `${file.path} imports "${target}", which belongs in ${allowed.join(", ")} only: use what that room offers instead.`;
  });
}

export function wrongNodeModules(sources: readonly Source[]): string[] {
  return eachImport(sources, (file, { target }) => {
    if (!target.startsWith("node:")) return undefined;
    const allowed = nodeModules[target];
    if (allowed === undefined) return `${file.path} imports "${target}", which has no row in test/support/rooms.ts: add one.`;
    if (isIn(file.path, allowed)) return undefined;
    return `${file.path} imports "${target}", which belongs in ${allowed.join(", ")} only: take what it needs as a parameter.`;
  });
}

/** Cycles among the files as they run; type imports are gone by then. */
export function importCycles(sources: readonly Source[]): string[] {
  const edges = new Map(sources.map((file) => [file.path, targetsOf(file)]));
  const done = new Set<string>();
  const problems: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) {
      const circle = [...trail.slice(start), file].join(" → ");
      problems.push(`These files import each other: ${circle}. Move what they share into a file of its own.`);
      return;
    }
    if (done.has(file)) return;
    for (const target of edges.get(file) ?? []) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of edges.keys()) visit(file, []);
  return problems;
}

export function environmentUses(sources: readonly Source[]): string[] {
  return sources
    .filter((file) => !isIn(file.path, environmentReaders))
    .flatMap((file) =>
      linesWith(file, /\bprocess\s*(?:\?\.|\.)\s*env\b|\bprocess\s*\[|\{[^{}]*\benv\b[^{}]*\}\s*=\s*process\b/g).map(
        (line) => `${file.path}:${line} reads the environment: a door does that and passes the value in.`,
      ),
    );
}

export function consoleUses(sources: readonly Source[]): string[] {
  return sources.flatMap((file) =>
    linesWith(file, /\bconsole\s*[.[?]/g).map(
      (line) => `${file.path}:${line} writes to the console: log through the Log that is passed in; a program writes to process.stdout.`,
    ),
  );
}

export function longFiles(sources: readonly Source[]): string[] {
  return sources.flatMap((file) => {
    const lines = file.text.replace(/\n$/, "").split("\n").length;
    if (lines <= maxLines) return [];
    return [`${file.path} has ${lines} lines, more than ${maxLines}: find the second idea in it and give it a file of its own.`];
  });
}

/** The map's invariants: the numbered list under a heading with that word. Each names the test that holds it. */
export function uncheckedInvariants(map: string, exists: (path: string) => boolean): string[] {
  const section = /^#+[^\n]*invariant[^\n]*\n([\s\S]*?)(?=^#|(?![\s\S]))/im.exec(map)?.[1];
  const items = section?.split(/^(?=\d+\.\s)/m).filter((item) => /^\d+\.\s/.test(item)) ?? [];
  if (items.length === 0) return ['src/README.md has no numbered list under a heading with "invariants": write one.'];
  return items.flatMap((item) => {
    const number = Number.parseInt(item, 10);
    const checks = [...item.matchAll(/\btest\/[\w./-]*\w/g)].map(([found]) => found);
    if (checks.length === 0) return [`Invariant ${number} in src/README.md names no check: add the path of the test that holds it.`];
    return checks
      .filter((check) => !exists(check))
      .map((check) => `Invariant ${number} in src/README.md names ${check}, which does not exist: write the test or correct the path.`);
  });
}

function eachImport(sources: readonly Source[], problem: (file: Source, found: Import) => string | undefined): string[] {
  return sources.flatMap((file) => file.imports.flatMap((found) => problem(file, found) ?? []));
}

function targetsOf(file: Source): string[] {
  return file.imports.filter((found) => found.isOurs && !found.isType).map((found) => found.target);
}

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith("/") ? path.startsWith(place) : path === place));
}

/** `@scope/name/part` is a part of the package `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function linesWith(file: Source, pattern: RegExp): number[] {
  return [...file.code.matchAll(pattern)].map((match) => file.code.slice(0, match.index).split("\n").length);
}
