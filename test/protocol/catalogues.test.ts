import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { RemoteWorkspace } from "./officialClient.ts";
import { refusal, type Stage, withStage } from "./server.ts";

describe("skills, hooks, workspaces and plugins, by the official client", () => {
  let stage: Stage;
  withStage((opened) => (stage = opened));
  const missing = "00000000-0000-4000-8000-000000000000";

  it("finds the skills of a project, and none with all its sources off", async () => {
    const project = path.join(stage.workspace, "project");
    await mkdir(path.join(project, ".agents/skills/deploy"), { recursive: true });
    await writeFile(
      path.join(project, ".agents/skills/deploy/SKILL.md"),
      "---\nname: deploy\ndescription: How to deploy\ntriggers: [ship it]\n---\nRun it.\n",
    );
    await writeFile(path.join(project, "AGENTS.md"), "Be kind.\n");
    const off = { load_public: false, load_user: false, load_project: false, load_org: false };
    assert.deepEqual(await stage.client.skills.getSkills(off), { skills: [], sources: (await stage.client.skills.getSkills(off)).sources });
    const { skills } = await stage.client.skills.getSkills({ ...off, load_project: true, project_dir: project });
    const deploy = skills.find(({ name }) => name === "deploy") as unknown as Record<string, unknown>;
    assert.deepEqual([deploy["description"], deploy["is_agentskills_format"]], ["How to deploy", true]);
    assert.match(String(deploy["content"]), /Run it\./);
    assert.ok(skills.some((skill) => JSON.stringify(skill).includes("Be kind.")));
    for (const name of ["type", "triggers", "source", "disable_model_invocation"]) assert.ok(name in deploy, name);
  });

  it("has installed skills, none at first, and says 404 of one that it does not know", async () => {
    const { skills } = stage.client;
    assert.deepEqual(await skills.listInstalledSkills(), { skills: [] });
    const unknown = [
      () => skills.getInstalledSkill("x"),
      () => skills.refreshSkill("x"),
      () => skills.toggleSkill("x", true),
      () => skills.uninstallSkill("x"),
    ];
    for (const ask of unknown) assert.equal(await refusal(ask()), 404, ask.toString());
    assert.equal(await refusal(skills.installSkill({ source: path.join(stage.workspace, "no-such-skill") })), 501);
    assert.equal(await refusal(skills.syncSkills()), 501);
    assert.equal(typeof (await skills.getMarketplace()), "object");
  });

  it("reads the hooks of a project, null when there are none or they cannot be read", async () => {
    const project = path.join(stage.workspace, "hooked");
    await mkdir(path.join(project, ".openhands"), { recursive: true });
    const file = path.join(project, ".openhands/hooks.json");
    assert.deepEqual(await stage.client.hooks.loadHooks({ project_dir: project }), { hook_config: null });
    for (const bad of ["", "{", "[]"]) {
      await writeFile(file, bad);
      assert.deepEqual(await stage.client.hooks.loadHooks({ project_dir: project }), { hook_config: null }, bad);
    }
    await writeFile(
      file,
      JSON.stringify({ hooks: { PreToolUse: [{ matcher: "terminal", hooks: [{ type: "command", command: "./guard.sh" }] }] } }),
    );
    const { hook_config } = await stage.client.hooks.loadHooks({ project_dir: project });
    assert.match(JSON.stringify(hook_config), /guard\.sh/);
  });

  it("keeps workspaces and their parents, each path once", async () => {
    const { workspaces } = stage.client;
    assert.deepEqual(await workspaces.listWorkspaces(), { workspaces: [], workspaceParents: [] });
    const one = { id: "1", name: "one", path: "/one" };
    await workspaces.addWorkspaces([one]);
    assert.deepEqual((await workspaces.addWorkspaces([{ ...one, id: "2" }])).workspaces, [one]);
    assert.deepEqual((await workspaces.addWorkspaceParents([{ id: "p", name: "p", path: "/p" }])).workspaceParents, [
      { id: "p", name: "p", path: "/p" },
    ]);
    assert.deepEqual(await workspaces.deleteWorkspace("/one"), { deleted: true });
    assert.equal(await refusal(workspaces.deleteWorkspace("/one")), 404);
    assert.deepEqual(await workspaces.deleteWorkspaceParent("/p"), { deleted: true });
    assert.equal(await refusal(workspaces.deleteWorkspaceParent("/p")), 404);
  });

  it("lists sub-agents and plugins, even when there are none", async () => {
    assert.ok(Array.isArray((await stage.client.subAgents.getSubAgents()).agents));
    const { plugins } = stage.client;
    for (const list of [await plugins.getPlugins(), await plugins.listInstalledPlugins(), await plugins.getPluginsMarketplace()])
      assert.ok(
        Object.values(list).some((value) => Array.isArray(value)),
        JSON.stringify(list),
      );
  });

  it("tries an MCP server, and says what was wrong with one", async () => {
    const script = path.join(stage.workspace, "broken.mjs");
    await writeFile(script, "process.exit(1);\n");
    const answer = await stage.wire("POST", "/api/mcp/test", { server: { command: process.execPath, args: [script] }, timeout: 5 });
    assert.deepEqual([answer.status, answer.json.ok, typeof answer.json.error], [200, false, "string"]);
    assert.ok(["timeout", "connection", "unknown"].includes(answer.json.error_kind));
    assert.equal((await stage.client.mcp.testServer({ server: { command: "/no/such/program", args: [] }, timeout: 5 } as never)).ok, false);
  });

  it("answers what it leaves out with 501 and a sentence, and what belongs to the cloud with 404", async () => {
    for (const [method, route] of [
      ["POST", `/api/conversations/${missing}/load_plugin`],
      ["GET", "/api/llm/provider-connections"],
      ["GET", "/api/init"],
    ] as const) {
      const { status, json } = await stage.wire(method, route, method === "POST" ? {} : undefined);
      assert.deepEqual([route, status, typeof json.detail], [route, 501, "string"]);
    }
    for (const route of ["/api/meta-profiles", "/api/shared-conversations", "/api/v1/anything"])
      assert.equal((await stage.wire("GET", route)).status, 404, route);
    assert.equal(await refusal(stage.client.metaProfiles.listMetaProfiles()), 404);
  });

  it("§10.25 gives a page its files by the cookie, nowhere else, and not to an origin of null", async () => {
    const id = await stage.conversation();
    await writeFile(path.join(stage.workspace, "page.html"), "<b>here</b>");
    const remote = new RemoteWorkspace({ host: stage.server.url, workingDir: stage.workspace, apiKey: stage.server.key });
    assert.equal(await remote.startWorkspaceSession(id), `${stage.server.url}/api/conversations/${id}/workspace/`);
    await remote.deleteWorkspaceSession();
    const given = await fetch(`${stage.server.url}/api/auth/workspace-session`, {
      method: "POST",
      headers: { "x-session-api-key": stage.server.key },
    });
    assert.equal(given.status, 204);
    const cookie = (given.headers.get("set-cookie") ?? "").split(";")[0]!;
    assert.match(given.headers.get("set-cookie") ?? "", /^oh_workspace_session_key=[^;]+; .*HttpOnly/i);
    const get = (route: string, headers: Record<string, string>) => fetch(stage.server.url + route, { headers });
    const page = await get(`/api/conversations/${id}/workspace/page.html`, { cookie });
    assert.deepEqual([page.status, await page.text(), page.headers.get("content-type")?.split(";")[0]], [200, "<b>here</b>", "text/html"]);
    assert.equal((await get(`/api/conversations/${id}`, { cookie })).status, 401);
    assert.equal((await get(`/api/conversations/${id}/workspace/page.html`, {})).status, 401);
    assert.equal((await get(`/api/conversations/${id}/workspace/..%2f..%2fetc%2fpasswd`, { cookie })).status, 400);
    const origin = await get(`/api/conversations/${id}/workspace/page.html`, { cookie, origin: "null" });
    assert.notEqual(origin.headers.get("access-control-allow-origin"), "null");
  });
});
