import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { scriptedLlm } from "../../../../src/llm/scripted.ts";
import { serveHosting, testAgent } from "../../../support/servedHosting.ts";
import { until } from "../../../support/until.ts";

const secrets = ["sk-agent-key", "sk-condenser-key", "aws-secret-value", "kept-secret-value", "Bearer of-a-header", "env-of-a-server"];

describe("a conversation as a zip file", () => {
  it("§10.42 holds the events and no key, wherever one was given", async () => {
    const command = { name: "terminal", arguments: { command: "echo $KEPT KEPT" } };
    await using served = await serveHosting({ openLlm: () => scriptedLlm([{ tool_calls: [command] }, { text: "Done." }]) });
    const llm = { ...testAgent.llm, api_key: secrets[0], aws_secret_access_key: secrets[2], extra_headers: { Authorization: secrets[4] } };
    const agent = {
      ...testAgent,
      llm,
      condenser: { kind: "LLMSummarizingCondenser", llm: { model: "m", api_key: secrets[1] } },
      mcp_config: { mcpServers: { one: { command: "x", env: { TOKEN: secrets[5] } } } },
    };
    const id = await served.begin({ agent, secrets: { KEPT: secrets[3] }, autotitle: false });
    await served.ask("POST", `/api/conversations/${id}/events`, { content: [{ type: "text", text: "Say it." }], run: true });
    await until(
      "the end of the run",
      async () => (await served.ask("GET", `/api/conversations/${id}`)).body.execution_status === "finished",
    );
    const response = await fetch(`${served.url}/api/file/download-trajectory/${id.replaceAll("-", "")}`);
    assert.deepEqual([response.status, response.headers.get("content-type")], [200, "application/zip"]);
    const folder = await unpacked(served.folder, Buffer.from(await response.arrayBuffer()));
    const names = await readdir(folder, { recursive: true });
    const events = names.filter((name) => name.startsWith("events/"));
    assert.equal(events.length, (await served.ask("GET", `/api/conversations/${id}/events/count`)).body);
    assert.deepEqual(names.filter((name) => !name.startsWith("events")).sort(), ["base_state.json", "meta.json"]);
    const texts = await Promise.all(names.filter((name) => name.endsWith(".json")).map((name) => readFile(join(folder, name), "utf8")));
    for (const secret of secrets) assert.ok(!texts.some((text) => text.includes(secret)), secret);
    assert.ok(texts.some((text) => text.includes("<secret-hidden>")));
    const onDisk = await readFile(join(served.folder, "conversations", id, "meta.json"), "utf8");
    for (const secret of secrets) assert.ok(!onDisk.includes(secret), secret);
  });

  it("is not there for a conversation that is not", async () => {
    await using served = await serveHosting();
    assert.equal((await served.ask("GET", `/api/file/download-trajectory/${randomUUID()}`)).status, 404);
  });
});

/** By Python's own module, because nothing of ours should judge it. */
async function unpacked(parent: string, bytes: Buffer): Promise<string> {
  const folder = join(parent, "unpacked");
  await mkdir(folder);
  await writeFile(join(parent, "trajectory.zip"), bytes);
  const program = "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1]) as z:\n  assert z.testzip() is None\n  z.extractall(sys.argv[2])";
  await promisify(execFile)("python3", ["-c", program, join(parent, "trajectory.zip"), folder]);
  return folder;
}
