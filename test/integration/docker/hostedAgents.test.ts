import { deepEqual, equal } from "node:assert/strict";
import { chown, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import Docker from "dockerode";
import { engineTraces } from "../../support/docker.ts";
import { startFakeLlm } from "../../support/fakeLlmServer.ts";
import { startHeadless } from "../../support/headlessServer.ts";
import { noOwnEngine, ownEngine } from "../../support/ownEngine.ts";
import { until } from "../../support/until.ts";
import { tempFolder } from "../../support/workspaces.ts";

describe("agents that sandbox-server hosts in containers", () => {
  before(function () {
    const reason = noOwnEngine();
    if (reason === undefined) return;
    console.log(`    ${reason} These tests are skipped.`);
    this.skip();
  });

  it("act in one each, on the folder itself, when the server or the request says so, and leave none", async () => {
    await using engine = await ownEngine({ diskMegabytes: 600 });
    const docker = new Docker({ socketPath: engine.address.replace("unix://", "") });
    const before = await engineTraces(docker);
    await using folder = await tempFolder();
    const script = "cat /proc/1/comm > where.txt; test -e /etc/passwd || echo bare >> where.txt; pwd >> where.txt";
    const call = { name: "terminal", arguments: { command: script } };
    await using llm = await startFakeLlm([{ toolCalls: [call] }, { text: "Done." }, { toolCalls: [call] }, { text: "Done." }]);
    const workspace = path.join(folder.path, "workspace");
    await mkdir(workspace);
    // A sandbox never acts as root, who runs this.
    await chown(workspace, 1000, 1000);
    const told: string[] = [];
    {
      await using server = await startHeadless({
        workspace,
        args: ["--data", path.join(folder.path, "data")],
        env: { DOCKER_HOST: engine.address, RUNTIME_ENV: "docker" },
        program: "dist/sandbox-server.js",
      });
      for (const runtime of [{ kind: "docker", image: engine.image, network: "none", workspace: "bind" }, { kind: "local" }]) {
        const model = { model: "openai/fake", base_url: llm.url, api_key: "k", num_retries: 1 };
        const json = {
          agent: { llm: model, tools: [{ name: "terminal" }] },
          workspace: { working_dir: workspace },
          autotitle: false,
          runtime,
        };
        const { id } = (await server.ask("/api/conversations", { json })).json;
        const text = { content: [{ type: "text", text: "Where are you?" }], run: true };
        equal((await server.ask(`/api/conversations/${id}/events`, { json: text })).status, 200);
        await until(
          "the end",
          async () => {
            const status = (await server.ask(`/api/conversations/${id}`)).json.execution_status;
            if (status === "error")
              throw new Error(JSON.stringify((await server.ask(`/api/conversations/${id}/events/search`)).json.items.at(-2)));
            return status === "finished";
          },
          60_000,
        );
        told.push((await readFile(path.join(workspace, "where.txt"), "utf8")).trim().split("\n").slice(1).join(" "));
      }
    }
    deepEqual(told, ["bare /workspace", workspace]);
    deepEqual(await engineTraces(docker), before);
  });
});
