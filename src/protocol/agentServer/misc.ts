import * as z from "zod";

/** What official clients ask for and this server has little of (agent-server protocol §2.9): editors, desktops, plugins, sub-agents. */

export const VscodeStatus = z.object({ running: z.boolean(), enabled: z.boolean(), message: z.string().optional() });
export const UrlAnswer = z.object({ url: z.string().nullable() });

export const SubAgentsRequest = z.object({
  load_user: z.boolean().default(true),
  load_project: z.boolean().default(true),
  load_builtin: z.boolean().default(true),
  project_dir: z.string().nullish(),
});
export const SubAgentsAnswer = z.object({ agents: z.array(z.unknown()) });

export const PluginsRequest = SubAgentsRequest.pick({ load_user: true, load_project: true, project_dir: true });
export const PluginsAnswer = z.object({ plugins: z.array(z.unknown()) });
