import assert from "node:assert/strict";
import { Hono } from "hono";
import { noLog } from "../../../src/protocol/log.ts";
import { MachineFiles } from "../../../src/runtime/machine/machineFiles.ts";
import { addErrors } from "../../../src/server/answers.ts";
import { Routes } from "../../../src/server/routes.ts";
import { addHooks } from "../../../src/server/skills/hookRoutes.ts";
import { addSkills } from "../../../src/server/skills/skillRoutes.ts";
import { type TempFolder, tempFolder } from "../../support/workspaces.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- Tests look at what they expect.
type Answered = { readonly status: number; readonly body: any };

function served(home: TempFolder): (method: string, path: string, body?: unknown) => Promise<Answered> {
  const app = new Hono();
  addErrors(app, noLog);
  const routes = new Routes(app);
  const files = new MachineFiles();
  addSkills(routes, { files, folder: home.path });
  addHooks(routes, files);
  return async (method, path, body) => {
    const answer = await app.request(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: answer.status, body: await answer.json() };
  };
}

const named = ({ body }: Answered): unknown[] =>
  body.skills.map(({ name, type, triggers, disable_model_invocation }: Record<string, unknown>) => [
    name,
    type,
    triggers,
    disable_model_invocation,
  ]);

describe("POST /api/skills (agent-server protocol §2.9)", () => {
  it("lists the skills of a workspace before those of the person, and counts what each place gave", async () => {
    await using home = await tempFolder({
      ".agents/skills/ci.md": "Of the person.",
      ".openhands/skills/mine.md": "---\ntriggers: [x]\n---\nMine.",
    });
    await using project = await tempFolder({
      ".git/HEAD": "",
      "AGENTS.md": "Read me.",
      "lib/deep/agents.md": "Deep.",
      "node_modules/a/AGENTS.md": "Not ours.",
      ".agents/skills/ci.md": "Of the workspace.",
      ".openhands/skills/pdf/SKILL.md": "---\nname: pdf\ndescription: Reads PDF.\ntriggers:\n- pdf\n---\nHow.",
    });
    const ask = served(home);
    const answered = await ask("POST", "/api/skills", { project_dir: project.path, load_public: false });
    assert.deepEqual(named(answered), [
      ["agents", "repo", [], false],
      ["ci", "repo", [], false],
      ["pdf", "agentskills", ["pdf"], false],
      ["agents:lib/deep", "knowledge", [], true],
      ["mine", "knowledge", ["x"], false],
    ]);
    assert.deepEqual(answered.body.sources, { sandbox: 0, registered_marketplaces: 0, sdk_base: 2, org: 0, project: 4 });
    assert.deepEqual(answered.body.skills[2], {
      name: "pdf",
      type: "agentskills",
      content: "How.",
      triggers: ["pdf"],
      source: `${project.path}/.openhands/skills/pdf/SKILL.md`,
      description: "Reads PDF.",
      is_agentskills_format: true,
      disable_model_invocation: false,
    });
    assert.equal(answered.body.skills[1].content, "Of the workspace.");
  });

  it("loads what is asked for, and has nothing where nothing is", async () => {
    await using home = await tempFolder({ ".agents/skills/mine.md": "Mine." });
    const ask = served(home);
    assert.deepEqual(named(await ask("POST", "/api/skills", {})), [["mine", "repo", [], false]]);
    const off = { load_public: false, load_user: false, load_project: false, load_org: false };
    assert.deepEqual((await ask("POST", "/api/skills", off)).body, {
      skills: [],
      sources: { sandbox: 0, registered_marketplaces: 0, sdk_base: 0, org: 0, project: 0 },
    });
    for (const project_dir of ["/nowhere/at/all", "relative", null]) {
      const { status, body } = await ask("POST", "/api/skills", { load_user: false, project_dir });
      assert.deepEqual([status, body.skills], [200, []], String(project_dir));
    }
    assert.equal((await ask("POST", "/api/skills", { load_user: "perhaps" })).status, 422);
  });

  it("has no skills installed", async () => {
    await using home = await tempFolder();
    const ask = served(home);
    assert.deepEqual((await ask("GET", "/api/skills/installed")).body, { skills: [] });
    assert.deepEqual((await ask("GET", "/api/skills/marketplace")).body, { skills: [] });
    const one = "/api/skills/installed/some-skill";
    const unknown = [
      await ask("GET", one),
      await ask("PATCH", one, { enabled: true }),
      await ask("DELETE", one),
      await ask("POST", `${one}/refresh`),
    ];
    assert.deepEqual(
      unknown.map(({ status }) => status),
      [404, 404, 404, 404],
    );
    assert.equal((await ask("GET", "/api/skills/installed/No_Name")).status, 422);
  });
});

describe("POST /api/hooks (agent-server protocol §2.9)", () => {
  it("reads what a workspace proposes, in the protocol's own names", async () => {
    const file = { hooks: { PreToolUse: [{ matcher: "terminal", hooks: [{ command: "./guard.sh" }] }] } };
    await using project = await tempFolder({ ".openhands/hooks.json": JSON.stringify(file) });
    const { body } = await served(project)("POST", "/api/hooks", { project_dir: project.path });
    const usual = { name: null, timeout: 60, async: false, prompt: null, system_prompt: null, tools: [], max_iterations: 3 };
    assert.deepEqual(body, {
      hook_config: {
        pre_tool_use: [{ matcher: "terminal", hooks: [{ type: "command", command: "./guard.sh", ...usual }] }],
        post_tool_use: [],
        user_prompt_submit: [],
        session_start: [],
        session_end: [],
        stop: [],
      },
    });
  });

  it("has null where there are none: no file, an empty one, one that is none, and no folder", async () => {
    const texts = ["{}", "", "not JSON", '{"pre_tool_use": []}', '{"before": []}', "[]", `"${"x".repeat(300_000)}"`];
    for (const text of texts) {
      await using project = await tempFolder({ ".openhands/hooks.json": text });
      const answered = await served(project)("POST", "/api/hooks", { project_dir: project.path });
      assert.deepEqual(answered, { status: 200, body: { hook_config: null } }, text.slice(0, 20));
    }
    await using home = await tempFolder();
    for (const body of [{}, { project_dir: null }, { project_dir: "/nowhere" }, { project_dir: "." }])
      assert.deepEqual((await served(home)("POST", "/api/hooks", body)).body, { hook_config: null });
  });
});
