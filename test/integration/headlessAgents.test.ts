import { deepEqual, equal, ok } from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { AgentServerClient, RemoteConversation, RemoteWorkspace } from "../protocol/officialClient.ts";
import { type PlayedModel, startPlayedModel } from "../protocol/playedModel.ts";
import { runCommand } from "../support/command.ts";
import { useEngine } from "../support/docker.ts";
import { serverExamples } from "../support/readme.ts";
import { type ServerContainer, testLabels, useServerImage } from "../support/serverImage.ts";
import { until } from "../support/until.ts";
import { tempFolder } from "../support/workspaces.ts";

const tools = [{ name: "terminal" }, { name: "file_editor" }];
const kept = "/home/openhands/.openhands";

describe("agents in the image of sandbox-server", () => {
  const engine = useEngine();
  const start = useServerImage(engine);
  let model: PlayedModel;
  let volume: string;

  before(async function () {
    // While one runs, because the bridge is up only then.
    await using server = await start();
    const gateway = (await server.container.inspect()).NetworkSettings.Networks["bridge"]?.Gateway ?? "";
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses?.map(({ address }) => address) ?? []);
    if (!own.includes(gateway)) {
      if (process.env["CI"] === "true") throw new Error(`The engine's bridge ${gateway} is not on this machine.`);
      console.log("    The engine's bridge is not on this machine. These tests are skipped.");
      return this.skip();
    }
    model = await startPlayedModel(gateway);
  });
  after(() => model?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    volume = `oh-test-headless-${process.pid}`;
    await engine.docker.createVolume({ Name: volume, Labels: testLabels });
  });
  afterEach(() => engine.docker.getVolume(volume).remove({ force: true }));

  const clientOf = ({ url, key }: ServerContainer) => new AgentServerClient({ host: url, apiKey: key });
  const begin = async (client: AgentServerClient, text: string): Promise<string> => {
    const { id } = await client.conversations.createConversation({
      agent: { kind: "Agent", llm: model.llm(), tools },
      workspace: { kind: "LocalWorkspace", working_dir: "/workspace" },
      autotitle: false,
    });
    await client.conversations.sendEvent(id, { role: "user", content: [{ type: "text", text }] }, { run: true });
    return id;
  };
  const untilStatus = (client: AgentServerClient, id: string, wanted: string, timeoutMs?: number) =>
    until(
      `the conversation to be ${wanted}`,
      async () => {
        const [info] = await client.conversations.getConversations([id]);
        if (info?.execution_status === "error" && wanted !== "error") throw new Error("It ended with an error.");
        return info?.execution_status === wanted;
      },
      timeoutMs,
    );
  const eventsOf = async (client: AgentServerClient, id: string) => (await client.conversations.searchEvents(id, { limit: 100 })).items;
  const untilActing = (client: AgentServerClient, id: string) =>
    until("the command", async () => (await eventsOf(client, id)).some(({ kind }) => kind === "ActionEvent"));

  it("act in its folder, and tell the official client all of it by REST and by the socket", async () => {
    await using server = await start();
    const workspace = new RemoteWorkspace({ host: server.url, workingDir: "/workspace", apiKey: server.key });
    const heard: string[] = [];
    const remote = new RemoteConversation({ kind: "Agent", llm: model.llm(), tools }, workspace, {
      callback: (event) => void heard.push(`${event.id} ${event.kind}`),
    });
    await remote.start({});
    await remote.startWebSocketClient();
    try {
      await remote.sendMessage(
        "Write.\n> write /workspace/note.txt written here\n> terminal id -un >> note.txt; pwd >> note.txt\n> finish Written.",
      );
      await remote.run();
      const client = clientOf(server);
      await untilStatus(client, remote.id, "finished");
      equal(await remote.getAgentFinalResponse(), "Written.");
      equal(await server.run("cat", "/workspace/note.txt"), "written here\nopenhands\n/workspace\n");
      const all = (await eventsOf(client, remote.id)).map(({ id, kind }) => `${id} ${kind}`);
      await until("all to be heard", async () => all.every((line) => heard.includes(line)));
    } finally {
      await remote.stopWebSocketClient();
      await remote.close();
    }
  });

  it("pause when their container is stopped, within two seconds, and are all there in the next one on the same volume", async () => {
    const binds = [`${volume}:${kept}`];
    await using first = await start({ binds });
    const client = clientOf(first);
    const done = await begin(client, "Do.\n> terminal echo done\n> finish Done.");
    await untilStatus(client, done, "finished");
    const events = await eventsOf(client, done);
    const cut = await begin(client, "Sleep.\n> terminal sleep 60\n> finish Slept.");
    await untilActing(client, cut);
    const { code, ms } = await first.stop();
    equal(code, 0);
    ok(ms < 2_500, `${ms} ms`);

    await using second = await start({ binds });
    const next = clientOf(second);
    await untilStatus(next, cut, "paused");
    deepEqual(await eventsOf(next, done), events);
    // The model's key was kept, encrypted.
    await next.conversations.runConversation(cut);
    await untilStatus(next, cut, "finished");
    equal((await next.conversations.getAgentFinalResponse(cut)).response, "Slept.");
    const settled = (await eventsOf(next, cut)).filter(({ kind }) => kind === "ObservationEvent" || kind === "AgentErrorEvent");
    equal(settled.length, 2);
  });

  it("have an error and do nothing again when their container was killed", async () => {
    const binds = [`${volume}:${kept}`];
    await using first = await start({ binds });
    const client = clientOf(first);
    const id = await begin(client, "Sleep.\n> terminal sleep 60\n> finish Slept.");
    await untilActing(client, id);
    await first.kill();
    await using second = await start({ binds });
    const next = clientOf(second);
    // Nobody can look into the container that has gone: it is believed when it was silent for three quarters of a minute.
    await untilStatus(next, id, "error", 75_000);
    deepEqual(
      (await eventsOf(next, id)).filter(({ kind }) => kind === "AgentErrorEvent" || kind === "ObservationEvent").map(({ kind }) => kind),
      ["AgentErrorEvent"],
    );
  });

  it("work as whom `--user` names in a folder of that user's, as the README says", async () => {
    await using folder = await tempFolder();
    const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
    await using server = await start({ user, binds: [`${folder.path}:/workspace`, `${volume}:${kept}`] });
    const { requests, agent } = await serverExamples();
    const [names] = requests.split("\n\n");
    const env = {
      ...process.env,
      URL: server.url,
      WORKSPACE: "/workspace",
      SESSION_API_KEY: server.key,
      LLM_MODEL: "openai/gpt-4o",
      LLM_BASE_URL: model.url,
      LLM_API_KEY: "a-key-of-the-model",
    };
    const output = await runCommand("bash", ["-c", `set -euo pipefail\n${names}\n${agent}`], { cwd: folder.path, env });
    equal((JSON.parse(output.trim().split("\n").at(-1) ?? "") as { response: string }).response, "Nothing was asked.");
  });

  it("say in a sentence when nothing can be kept", async () => {
    await using folder = await tempFolder();
    await using server = await start({ binds: [`${folder.path}:${kept}:ro`] });
    const headers = { "x-session-api-key": server.key };
    const { exception } = (await (await fetch(`${server.url}/api/conversations/count`, { headers })).json()) as { exception: string };
    equal(
      exception,
      `503: User 10001 may not write to ${kept}, so nothing can be kept in ${kept}/agent-server. Let the user write there, or name another folder by --data, and start the server again.`,
    );
    equal((await fetch(`${server.url}/ready`)).status, 503);
  });
});
