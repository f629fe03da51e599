import path from "node:path";
import * as z from "zod";
import { firstOfName, nestedSkills, type Place, projectSkills, userSkills } from "../../agent/skills/findSkills.ts";
import { type Skill, skillInfo } from "../../agent/skills/skill.ts";
import { SkillPath, SkillsAnswer, SkillsRequest } from "../../protocol/agentServer/skills.ts";
import { Refusal } from "../answers.ts";
import type { Routes } from "../routes.ts";

const tag = "Skills";
const installed = "/api/skills/installed";

/** The files of this machine, and in `folder` the home of the person whose skills are meant. */
export type Home = Omit<Place, "signal">;

/** `/api/skills*`: which skills there are (agent-server protocol §2.9). Nothing is fetched or installed here; a skill is a folder that somebody puts there. */
export function addSkills(routes: Routes, home: Home): void {
  const read = { summary: "The skills of a workspace and of the person", tag, body: SkillsRequest, answer: SkillsAnswer };
  routes.add(["post", "/api/skills"], read, async ({ body, signal }) => {
    const { load_user, load_project, project_dir } = body;
    const own = load_user ? (await userSkills({ ...home, signal })).skills : [];
    const isPlace = load_project && project_dir != null && path.isAbsolute(project_dir);
    const project = isPlace ? await ofProject({ ...home, folder: project_dir, signal }) : [];
    const sources = { sandbox: 0, registered_marketplaces: 0, sdk_base: own.length, org: 0, project: project.length };
    return { skills: firstOfName([...project, ...own]).map(skillInfo), sources };
  });
  addInstalled(routes);
}

/** The names of the person's own skills. */
export async function skillNames(home: Home, signal: AbortSignal): Promise<string[]> {
  return (await userSkills({ ...home, signal })).skills.map(({ name }) => name);
}

async function ofProject(place: Place): Promise<Skill[]> {
  return firstOfName([...(await projectSkills(place)).skills, ...(await nestedSkills(place))]);
}

const SkillList = z.object({ skills: z.array(z.looseObject({ name: z.string() })) });

function addInstalled(routes: Routes): void {
  const one = { tag, params: SkillPath };
  const unknown = ({ params }: { readonly params: z.output<typeof SkillPath> }): never => {
    throw new Refusal(404, `Skill '${params.skill_name}' is not installed`);
  };
  routes.add(["get", installed], { summary: "Skills that were installed: none", tag, answer: SkillList }, () => ({ skills: [] }));
  routes.add(["get", "/api/skills/marketplace"], { summary: "Skills that could be installed: none", tag, answer: SkillList }, () => ({
    skills: [],
  }));
  routes.add(["get", `${installed}/:skill_name`], { ...one, summary: "An installed skill" }, unknown);
  routes.add(["patch", `${installed}/:skill_name`], { ...one, summary: "Turn an installed skill on or off" }, unknown);
  routes.add(["delete", `${installed}/:skill_name`], { ...one, summary: "Remove an installed skill" }, unknown);
  routes.add(["post", `${installed}/:skill_name/refresh`], { ...one, summary: "Fetch an installed skill again" }, unknown);
}
