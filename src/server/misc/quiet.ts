import * as z from "zod";
import {
  PluginsAnswer,
  PluginsRequest,
  SubAgentsAnswer,
  SubAgentsRequest,
  UrlAnswer,
  VscodeStatus,
} from "../../protocol/agentServer/misc.ts";
import { Refusal } from "../answers.ts";
import type { Routes } from "../routes.ts";

/** What official clients ask for on their way and this server has none of: they are told so in the shape that they expect (agent-server protocol §2.9). */
export function addQuiet(routes: Routes): void {
  const editor = "This server starts no editor.";
  routes.add(["get", "/api/vscode/status"], { summary: "Whether there is an editor", tag: "VS Code", answer: VscodeStatus }, () => ({
    running: false,
    enabled: false,
    message: editor,
  }));
  const VscodeQuery = z.object({ base_url: z.string().optional(), workspace_dir: z.string().default("workspace") });
  routes.add(
    ["get", "/api/vscode/url"],
    { summary: "Where the editor is", tag: "VS Code", query: VscodeQuery, answer: UrlAnswer, refuses: [503] },
    () => {
      throw new Refusal(503, editor);
    },
  );
  routes.add(
    ["get", "/api/desktop/url"],
    {
      summary: "Where the desktop is",
      tag: "Desktop",
      query: z.object({ base_url: z.string().optional() }),
      answer: UrlAnswer,
      refuses: [503],
    },
    () => {
      throw new Refusal(503, "This server has no desktop.");
    },
  );
  routes.add(
    ["post", "/api/sub-agents"],
    { summary: "Sub-agents; there are none", tag: "Sub-agents", body: SubAgentsRequest, answer: SubAgentsAnswer },
    () => ({ agents: [] }),
  );
  addPlugins(routes);
}

function addPlugins(routes: Routes): void {
  const tag = "Plugins";
  const none = () => ({ plugins: [] });
  routes.add(["post", "/api/plugins"], { summary: "Plugins; there are none", tag, body: PluginsRequest, answer: PluginsAnswer }, none);
  routes.add(["get", "/api/plugins/installed"], { summary: "Installed plugins; there are none", tag, answer: PluginsAnswer }, none);
  routes.add(["get", "/api/plugins/marketplace"], { summary: "Plugins to install; there are none", tag, answer: PluginsAnswer }, none);
}
