import { deepEqual, equal, match } from "node:assert/strict";
import { access, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { FileChange } from "../../src/protocol/sandbox.ts";
import { atTerminal, eventsOf, finish, openhands, terminal } from "../process/cli/openhands.ts";
import { nodeImage, useEngine } from "../support/docker.ts";
import { type FakeAnswer, startFakeLlm } from "../support/fakeLlmServer.ts";
import { type TempFolder, tempFolder } from "../support/workspaces.ts";

describe("the command line in Docker", function () {
  this.slow(20_000);
  const engine = useEngine();
  let image = "";
  before(async () => {
    image = await nodeImage(engine.docker);
  });

  const hostOf = async (kept: string): Promise<string> => (await readFile(path.join(kept, "host-id"), "utf8")).trim();

  /** What the command line with this state folder has on the engine. */
  async function tracesOf(kept: string): Promise<string[]> {
    const filters = { label: [`host=${await hostOf(kept)}`] };
    const [containers, { Volumes: volumes }] = await Promise.all([
      engine.docker.listContainers({ all: true, filters }),
      engine.docker.listVolumes({ filters }),
    ]);
    return [...containers.map(({ State }) => `container ${State}`), ...(volumes ?? []).map(({ Name }) => `volume ${Name}`)];
  }

  /** Runs it in `workspace` with a model that answers so. */
  async function run(answers: readonly FakeAnswer[], { workspace, kept }: Places, ...flags: string[]) {
    await using llm = await startFakeLlm(answers);
    const model = ["--model", "fake", "--base-url", llm.url];
    const place = flags.includes("--resume") ? [] : ["--workspace", workspace.path, "--runtime", "docker", "--image", image];
    return await openhands(["run", "Do it.", ...model, ...place, ...flags], { kept: kept.path });
  }

  it("plays the demo in a sandbox, and leaves nothing behind", async () => {
    await using kept = await tempFolder();
    const env = { RUNTIME_ENV: "docker" };
    const { code, stdout, stderr } = await openhands(["demo", "--json", "--image", image], { kept: kept.path, env });
    const told = eventsOf(stdout).flatMap((event) =>
      event.kind === "ObservationEvent"
        ? [event.observation.kind === "TerminalObservation" ? event.observation.exit_code : event.observation.is_error]
        : [],
    );
    deepEqual({ code, told }, { code: 0, told: [1, false, false, false, 0, false] }, stderr);
    match(stderr, /1 file changed in the sandbox: src\/date\.js\. Nothing of it is kept\./);
    deepEqual(await tracesOf(kept.path), []);
  });

  it("ends with 1 and a sentence when the sandbox is taken away in the middle of a command, and goes on in another one", async () => {
    await using places = await somewhere({});
    const { workspace, kept } = places;
    const killed: Promise<unknown>[] = [];
    const kill = async (): Promise<void> => {
      for (const { Id } of await engine.docker.listContainers({ filters: { label: [`host=${await hostOf(kept.path)}`] } }))
        await engine.docker.getContainer(Id).kill();
    };
    await using llm = await startFakeLlm([{ toolCalls: [terminal("sleep 100")] }, { toolCalls: [terminal("echo here")] }, finish]);
    const model = ["--model", "fake", "--base-url", llm.url];
    const lost = await openhands(
      ["run", "Do it.", ...model, "--workspace", workspace.path, "--runtime", "docker", "--image", image, "--json"],
      { kept: kept.path, onLine: (line) => void (line.includes('"kind":"ActionEvent"') && killed.push(kill())) },
    );
    await Promise.all(killed);
    const events = eventsOf(lost.stdout);
    const error = events.find((event) => event.kind === "ConversationErrorEvent");
    deepEqual([lost.code, killed.length, error?.code], [1, 1, "RuntimeLost"], lost.stderr);
    match(JSON.stringify(events.find((event) => event.kind === "AgentErrorEvent")), /Its outcome is unknown/);
    const id = /--resume (\w{8})/.exec(lost.stderr)?.[1] ?? "";
    const again = await openhands(["run", "--resume", id, ...model], { kept: kept.path });
    deepEqual([again.code, again.stdout], [0, "All done."], again.stderr);
    await openhands(["sandbox", "prune", "--yes"], { kept: kept.path });
    deepEqual(await tracesOf(kept.path), []);
  });

  it("works on a copy, says what has changed, applies one file and discards the other", async () => {
    await using places = await somewhere({ "a.txt": "one\ntwo\n", ".env": "TOKEN=1" });
    const { workspace, kept } = places;
    const command = terminal("echo three >> a.txt; mkdir sub; echo new > sub/b.txt; test -e .env || echo no secret");
    const done = await run([{ toolCalls: [command] }, finish], places);
    deepEqual([done.code, done.stdout], [0, "All done."], done.stderr);
    match(done.stderr, /The sandbox is ready\n/);
    match(done.stderr, /because they look like secrets: \.env\./);
    match(done.stderr, /2 files changed in the sandbox: a\.txt, sub\/b\.txt\. To look: openhands changes (\w{8}) --diff\./);
    const id = /openhands apply (\w{8})/.exec(done.stderr)?.[1] ?? "";
    equal(await readFile(path.join(workspace.path, "a.txt"), "utf8"), "one\ntwo\n");

    const call = (...args: string[]) => openhands(args, { kept: kept.path });
    const list = await call("changes", id, "--json");
    const changes = list.stdout.split("\n").map((line) => JSON.parse(line) as FileChange);
    deepEqual(
      changes.map(({ path: file, kind, standing }) => [file, kind, standing]),
      [
        ["a.txt", "changed", "clean"],
        ["sub/b.txt", "created", "clean"],
      ],
    );
    const { stdout: diff } = await call("changes", id, "--diff");
    equal(diff, "--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,3 @@\n one\n two\n+three\n--- /dev/null\n+++ b/sub/b.txt\n@@ -0,0 +1,1 @@\n+new");

    const applied = await call("apply", id, "a.txt");
    deepEqual([applied.code, applied.stderr], [0, "Applied 1 file: a.txt\n"]);
    equal(await readFile(path.join(workspace.path, "a.txt"), "utf8"), "one\ntwo\nthree\n");
    const unsure = await call("discard", id);
    equal(unsure.code, 4);
    const discarded = await call("discard", id, path.join(workspace.path, "sub/b.txt"));
    deepEqual([discarded.code, discarded.stderr], [0, "Discarded 1 file: sub/b.txt\n"]);
    equal(await thereIs(workspace, "sub/b.txt"), false);

    const sandboxes = await call("sandbox", "list", "--json");
    const [row] = sandboxes.stdout.split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    deepEqual([row?.["isRunning"], row?.["hasWorkspace"], row?.["title"]], [false, true, "Do it."]);
    const pruned = await call("sandbox", "prune");
    deepEqual([pruned.code, /Removed 1 sandbox\./.test(pruned.stderr)], [0, true], pruned.stderr);
    deepEqual(await tracesOf(kept.path), []);
  });

  it("goes on in the sandbox with its changes, applies them when it has finished, and refuses what the person changed too", async () => {
    await using places = await somewhere({ "a.txt": "one\n", "b.txt": "one\n" });
    const { workspace, kept } = places;
    const first = await run([{ toolCalls: [terminal("echo two >> a.txt; echo two > b.txt")] }, finish], places);
    const id = /openhands apply (\w{8})/.exec(first.stderr)?.[1] ?? "";
    const unread = await openhands(["sandbox", "prune"], { kept: kept.path });
    deepEqual([unread.code, /2 changes are not applied/.test(unread.stderr)], [4, true], unread.stderr);
    await writeFile(path.join(workspace.path, "b.txt"), "mine\n");
    const again = await run([{ toolCalls: [terminal("cat a.txt; echo three >> a.txt")] }, finish], places, "--resume", id, "--apply");
    equal(again.code, 1, again.stderr);
    match(again.stderr, /Applied 1 file: a\.txt\nNot changed: b\.txt: /);
    const texts = await Promise.all(["a.txt", "b.txt"].map((name) => readFile(path.join(workspace.path, name), "utf8")));
    deepEqual(texts, ["one\ntwo\nthree\n", "mine\n"]);
    const answers = [
      { at: /Remove the one with changes, too\? They are lost\. \[y\]es, \[n\]o: $/, keys: "n\r" },
      { at: /They are lost\. \[y\]es, \[n\]o: $/, keys: "y\r" },
    ];
    for (const [index, typed] of answers.entries()) {
      const pruned = await atTerminal(["sandbox", "prune"], { kept: kept.path, typed: [typed] });
      equal(pruned.code, index === 0 ? 4 : 0, pruned.screen);
    }
    deepEqual(await tracesOf(kept.path), []);
  });
});

interface Places {
  readonly workspace: TempFolder;
  readonly kept: TempFolder;
}

/** A workspace with these files, and a place where conversations are kept. */
async function somewhere(files: Readonly<Record<string, string>>): Promise<Places & AsyncDisposable> {
  const [workspace, kept] = await Promise.all([tempFolder(files), tempFolder()]);
  return {
    workspace,
    kept,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([workspace, kept].map((folder) => folder[Symbol.asyncDispose]()));
    },
  };
}

async function thereIs(workspace: TempFolder, file: string): Promise<boolean> {
  return access(path.join(workspace.path, file)).then(
    () => true,
    () => false,
  );
}
