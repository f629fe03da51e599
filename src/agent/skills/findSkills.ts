import path from "node:path/posix";
import { fileSkill, instructionSkill, type Skill, thirdParty } from "./skill.ts";
import { inside, parentOf, type ReadableFiles, relativeTo, SkillFiles } from "./skillFiles.ts";

/** Skills of one place, and in sentences what of it could not be read. */
export interface FoundSkills {
  readonly skills: readonly Skill[];
  readonly problems: readonly string[];
}

export interface Place {
  readonly files: ReadableFiles;
  readonly folder: string;
  readonly signal: AbortSignal;
}

const skillFolders = [".agents/skills", ".openhands/skills", ".openhands/microagents"];
const mostSkills = 200;
/** Of folders of skills, below which others are not looked into. */
const deepest = 3;
const mostParents = 40;
/** Of a workspace that is looked through whole. */
const mostFolders = 500;

/**
 * The skills of a workspace (agent-server protocol §6.12): the instruction files in its root and its repository's root, then its folders of skills.
 * Of equal names the first is taken. Instruction files below the root are found when something there is touched.
 */
export async function projectSkills({ files, folder, signal }: Place): Promise<FoundSkills> {
  const top = await repositoryOf(new SkillFiles(files, { signal }), folder);
  const roots = top === undefined || top === folder ? [folder] : [folder, top];
  const reader = new SkillFiles(files, { within: roots, signal });
  const seen = new Set<string>();
  const found: Skill[] = [];
  for (const root of roots) found.push(...(await instructionFiles(reader, root, seen)));
  for (const root of roots) for (const name of skillFolders) found.push(...(await skillsIn(reader, inside(root, name))));
  return { skills: firstOfName(found), problems: reader.problems };
}

/** The person's own skills, in the home folder of this machine. */
export async function userSkills({ files, folder, signal }: Place): Promise<FoundSkills> {
  const reader = new SkillFiles(files, { signal });
  const found: Skill[] = [];
  for (const name of skillFolders) found.push(...(await skillsIn(reader, inside(folder, name))));
  return { skills: firstOfName(found), problems: reader.problems };
}

/** The instruction files in `folder`, which is below the workspace's root: for what is in it, by the path from there. */
export async function nestedRules({ files, folder, signal }: Place, root: string): Promise<Skill[]> {
  const reader = new SkillFiles(files, { within: [root], signal });
  const from = relativeTo(root, folder);
  return (await instructionFiles(reader, folder, new Set())).flatMap(({ source, content }) =>
    source === undefined || from === undefined ? [] : [instructionSkill({ path: source, text: content, folder: from })],
  );
}

/** The instruction files below the root of a workspace, as far as they are found quickly: for a list of what there is. */
export async function nestedSkills({ files, folder, signal }: Place): Promise<Skill[]> {
  const reader = new SkillFiles(files, { within: [folder], signal });
  const open = [folder];
  const found: Skill[] = [];
  for (let count = 0; open.length > 0 && count < mostFolders; count++) {
    const next = open.shift() ?? folder;
    const entries = await reader.list(next);
    const isRule = ({ name }: { readonly name: string }): boolean => Object.hasOwn(thirdParty, name.toLowerCase());
    if (next !== folder && entries.some(isRule)) found.push(...(await nestedRules({ files, folder: next, signal }, folder)));
    const below = entries.filter(({ name, kind }) => kind === "directory" && !name.startsWith(".") && name !== "node_modules");
    open.push(...below.map(({ name }) => inside(next, name)));
  }
  return found;
}

export function firstOfName(skills: readonly Skill[]): Skill[] {
  const byName = new Map<string, Skill>();
  for (const skill of skills) if (!byName.has(skill.name)) byName.set(skill.name, skill);
  return [...byName.values()].slice(0, mostSkills);
}

/** The nearest folder at or above `folder` that has a `.git`. */
async function repositoryOf(reader: SkillFiles, folder: string): Promise<string | undefined> {
  let at: string | undefined = folder;
  for (let steps = 0; at !== undefined && steps < mostParents; steps++, at = parentOf(at))
    if (await reader.isThere(inside(at, ".git"))) return at;
  return undefined;
}

/** Two names of one file, such as a link, are one; `seen` are those that were. */
async function instructionFiles(reader: SkillFiles, folder: string, seen: Set<string>): Promise<Skill[]> {
  const found: Skill[] = [];
  for (const { name } of await reader.list(folder)) {
    if (!Object.hasOwn(thirdParty, name.toLowerCase())) continue;
    const file = inside(folder, name);
    const real = (await reader.realPath(file)) ?? file;
    if (seen.has(real)) continue;
    const text = await reader.read(file);
    if (text === undefined || text.trim() === "") continue;
    seen.add(real);
    found.push(instructionSkill({ path: file, text }));
  }
  return found;
}

/** `<name>/SKILL.md`, and every other Markdown file. */
async function skillsIn(reader: SkillFiles, folder: string): Promise<Skill[]> {
  const found: Skill[] = [];
  for (const file of await skillFilesIn(reader, folder, deepest)) {
    if (found.length >= mostSkills) break;
    const text = await reader.read(file);
    if (text === undefined || text.trim() === "") continue;
    found.push(fileSkill({ path: file, text, name: nameOf(file, folder) }));
  }
  return found;
}

function nameOf(file: string, folder: string): string {
  if (path.basename(file).toLowerCase() === "skill.md") return path.basename(path.dirname(file));
  return relativeTo(folder, file.replace(/\.md$/i, "")) ?? file;
}

/** A folder with a `SKILL.md` is one skill: what else is in it belongs to that. */
async function skillFilesIn(reader: SkillFiles, folder: string, levels: number): Promise<string[]> {
  const entries = await reader.list(folder);
  const own = levels < deepest ? entries.find(({ name }) => name.toLowerCase() === "skill.md") : undefined;
  if (own) return [inside(folder, own.name)];
  const files = entries.filter(({ name, kind }) => /\.md$/i.test(name) && !/^readme\.md$/i.test(name) && kind !== "directory");
  const folders = levels === 0 ? [] : entries.filter(({ name, kind }) => kind !== "file" && !/\.md$/i.test(name) && !name.startsWith("."));
  const below: string[] = [];
  for (const { name } of folders.slice(0, mostSkills)) below.push(...(await skillFilesIn(reader, inside(folder, name), levels - 1)));
  return [...below, ...files.map(({ name }) => inside(folder, name))].slice(0, mostSkills * 2);
}
