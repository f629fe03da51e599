import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { ConversationStore } from "../../../src/conversation/store.ts";
import type { RuntimeRef } from "../../../src/protocol/sandbox.ts";
import type { ConversationStart } from "../../../src/protocol/state.ts";
import { startFakeLlm } from "../../support/fakeLlmServer.ts";
import { newId, startOf, tempFolder } from "../../support/workspaces.ts";
import { doTask, finish, openhands, terminal } from "./openhands.ts";

const docker: RuntimeRef = { kind: "docker", image: "debian", network: "none", workspace: "copy" };
/** An engine that is nowhere. */
const env = { DOCKER_HOST: "unix:///nowhere/docker.sock" };

/** A conversation that is kept, and the first letters of its id. */
async function keep(kept: string, given: Partial<ConversationStart>): Promise<string> {
  const start = startOf({ id: newId(), working_dir: kept, llm: { model: "m", base_url: "http://127.0.0.1:9/v1" }, ...given });
  await using _conversation = await new ConversationStore(path.join(kept, "conversation-logs")).create(start);
  return start.id.slice(0, 8);
}

describe("the command line and sandboxes, without an engine", function () {
  this.slow(5_000);

  it("says in one sentence that there is none, and runs nothing on this machine instead", async () => {
    for (const options of [{ args: ["--runtime", "docker"] }, { args: [], runtime: "docker" }]) {
      const given = { env: { ...env, ...(options.runtime ? { RUNTIME_ENV: options.runtime } : {}) } };
      const { code, stderr, stdout, files, requests } = await doTask(
        [{ toolCalls: [terminal("echo hi > out.txt")] }, finish],
        options.args,
        given,
      );
      assert.deepEqual({ code, files, requests, stdout }, { code: 2, files: {}, requests: [], stdout: "" }, stderr);
      assert.match(stderr, /0\.0 s {2}Connecting to the engine\nNo Docker engine answers at \/nowhere\/docker\.sock.*\n/);
      assert.doesNotMatch(stderr, /^\s+at /m);
    }
    const demo = await openhands(["demo", "--runtime", "docker"], { env });
    assert.deepEqual([demo.code, /No Docker engine answers/.test(demo.stderr)], [2, true]);
    const list = await openhands(["sandbox", "list"], { env });
    assert.deepEqual([list.code, /No Docker engine answers/.test(list.stderr)], [2, true]);
  });

  it("keeps the runtime of a conversation, whatever the environment says, and refuses another one", async () => {
    await using kept = await tempFolder();
    const [inDocker, here] = await Promise.all([keep(kept.path, { runtime: docker }), keep(kept.path, {})]);
    const resume = (id: string, ...flags: string[]) => openhands(["run", "x", "--resume", id, ...flags], { kept: kept.path, env });
    const refused = [
      [await resume(inDocker, "--runtime", "local"), /works in a Docker sandbox, and stays there/],
      [await resume(here, "--runtime", "docker"), /works on this machine, and stays there/],
      [await resume(here, "--network", "bridge"), /takes no --image and no --network/],
      [await resume(inDocker, "--mount"), /--mount is chosen when a conversation begins/],
    ] as const;
    for (const [{ code, stderr }, sentence] of refused) {
      assert.match(stderr, sentence);
      assert.equal(code, 2);
    }
    const tried = await openhands(["run", "x", "--resume", inDocker], { kept: kept.path, env: { ...env, RUNTIME_ENV: "local" } });
    assert.deepEqual([tried.code, /No Docker engine answers/.test(tried.stderr)], [2, true]);
    await using llm = await startFakeLlm([{ text: "Here." }]);
    const onMachine = await openhands(["run", "x", "--resume", here, "--model", "fake", "--base-url", llm.url], {
      kept: kept.path,
      env: { ...env, RUNTIME_ENV: "docker" },
    });
    assert.deepEqual([onMachine.code, onMachine.stdout, onMachine.stderr], [0, "Here.", ""]);
  });

  it("reviews only what was done on a copy", async () => {
    await using kept = await tempFolder();
    const [bound, here] = await Promise.all([keep(kept.path, { runtime: { ...docker, workspace: "bind" } }), keep(kept.path, {})]);
    for (const command of ["changes", "apply", "discard"]) {
      const [ofBound, ofHere] = await Promise.all([bound, here].map((id) => openhands([command, id], { kept: kept.path, env })));
      assert.deepEqual([ofBound?.code, ofHere?.code], [2, 2]);
      assert.match(ofBound?.stderr ?? "", /works on the folder itself/);
      assert.match(ofHere?.stderr ?? "", /works on this machine itself/);
    }
  });

  it("says that a deleted conversation's sandbox is kept as long", async () => {
    await using kept = await tempFolder();
    const [inDocker, here] = await Promise.all([keep(kept.path, { runtime: docker }), keep(kept.path, {})]);
    const [first, second] = await Promise.all([inDocker, here].map((id) => openhands(["delete", id], { kept: kept.path, env })));
    assert.deepEqual([first?.code, second?.code], [0, 0]);
    assert.match(first?.stderr ?? "", /^Deleted \w{8}\. What was changed in its sandbox is kept as long/);
    assert.match(second?.stderr ?? "", /^Deleted \w{8}\. For thirty days/);
  });

  it("reads nothing of Docker for a run on this machine", async () => {
    await using kept = await tempFolder();
    const { code } = await doTask([finish], [], { kept: kept.path });
    assert.deepEqual([code, (await readdir(kept.path)).filter((name) => name === "sandboxes" || name === "host-id")], [0, []]);
  });
});
