import assert from "node:assert/strict";
import type { RuntimeRef } from "../../../src/protocol/sandbox.ts";
import { initialView, reduceView, type View } from "../../../src/protocol/view.ts";
import { openMemoryRuntime } from "../../../src/runtime/memory/memoryRuntime.ts";
import { type Runtime, RuntimeError, type Terminal } from "../../../src/runtime/runtime.ts";
import { bash, call, type PlayedLlm, playedLlm, say } from "../../support/scripts.ts";
import { newId, openTestHost, startOf, type TestHost } from "../../support/workspaces.ts";
import { kinds, statuses } from "./hostActions.ts";

const gone = "The sandbox was removed. The files of the workspace are kept. Press Retry to open it again.";
const docker: RuntimeRef = { kind: "docker", image: "debian", network: "none", workspace: "copy" };

/** Runtimes in memory that a test can take away, and how many were opened and ended. */
function losable(terminal?: (lose: () => void) => Terminal) {
  const counts = { opened: 0, ended: 0 };
  let loss = new AbortController();
  const lose = (): void => loss.abort(new RuntimeError("unreachable", gone));
  const openRuntime = async ({ workingDir }: { readonly workingDir: string }): Promise<Runtime> => {
    const runtime = openMemoryRuntime({ workingDir });
    counts.opened++;
    loss = new AbortController();
    return {
      ...runtime,
      terminal: counts.opened === 1 && terminal ? terminal(lose) : runtime.terminal,
      lost: loss.signal,
      [Symbol.asyncDispose]: async () => {
        counts.ended++;
        await runtime[Symbol.asyncDispose]();
      },
    };
  };
  return { counts, lose, openRuntime };
}

const viewOf = ({ heard }: TestHost): View => heard.reduce(reduceView, initialView);
const done = ({ host, id }: TestHost): Promise<void> => host.settled(id);

/** A command that is running when the sandbox goes; it ends as `fail` says. */
const cutOff =
  (fail: (signal: AbortSignal) => Promise<never>) =>
  (lose: () => void): Terminal => ({
    run: async (_request, { signal }) => {
      lose();
      return fail(signal);
    },
    reset: async () => undefined,
  });

describe("a runtime that has gone", () => {
  const ways: Readonly<Record<string, (signal: AbortSignal) => Promise<never>>> = {
    "with the reason of the loss": async (signal) => Promise.reject(signal.reason as Error),
    "because it cannot be reached": async () => Promise.reject(new RuntimeError("unreachable", "The connection broke.")),
    "with an answer of its own": async () => Promise.reject(new RuntimeError("closed", "The terminal is closed.")),
  };
  for (const [way, fail] of Object.entries(ways))
    it(`ends the run, the outcome of what ran is unknown, and Retry opens another one: a command that ends ${way}`, async () => {
      const { counts, openRuntime } = losable(cutOff(fail));
      const llm = playedLlm([call(bash("sleep 100")), say("I looked again.")]);
      await using host = await openTestHost({ llm, host: { openRuntime } });
      await host.send("Go.");
      await done(host);
      const error = viewOf(host).rows.at(-1);
      assert.deepEqual(
        [error?.type, error?.type === "error" && error.code, error?.type === "error" && error.detail],
        ["error", "RuntimeLost", gone],
      );
      assert.match(JSON.stringify(host.events().find((event) => event.kind === "AgentErrorEvent")), /Its outcome is unknown/);
      assert.deepEqual([statuses(host).at(-1), viewOf(host).lost, counts], ["error", gone, { opened: 1, ended: 1 }]);
      await host.host.handle({ type: "run.start", conversationId: host.id });
      await done(host);
      assert.deepEqual([statuses(host).at(-1), viewOf(host).lost, counts], ["finished", undefined, { opened: 2, ended: 1 }]);
    });

  it("is forgotten by a conversation that is idle, whose doors are told, also those that come later", async () => {
    const { counts, lose, openRuntime } = losable();
    await using host = await openTestHost({ llm: playedLlm([say("1"), say("2")]), host: { openRuntime } });
    await host.send("Go.");
    await done(host);
    lose();
    assert.deepEqual(
      host.heard.filter(({ type }) => type === "runtime.lost"),
      [{ type: "runtime.lost", conversationId: host.id, message: gone }],
    );
    const late: string[] = [];
    using _late = await host.host.subscribe(host.id, host.events().length - 1, ({ type }) => late.push(type));
    assert.deepEqual(
      late,
      ["access.changed", "runtime.lost"].filter((type) => late.includes(type)),
    );
    assert.ok(late.includes("runtime.lost"));
    await host.send("On.");
    await done(host);
    assert.deepEqual(
      [statuses(host).at(-1), counts, kinds(host).includes("ConversationErrorEvent")],
      ["finished", { opened: 2, ended: 1 }, false],
    );
  });

  it("that was ended by the person is not lost; its run is paused, and the next opens another one", async () => {
    const { counts, openRuntime } = losable();
    await using host = await openTestHost({ llm: playedLlm([say("1"), say("2")]), host: { openRuntime } });
    await host.send("Go.");
    await done(host);
    await host.host.handle({ type: "runtime.end", conversationId: host.id });
    assert.deepEqual([counts, viewOf(host).lost], [{ opened: 1, ended: 1 }, undefined]);
    await host.send("On.");
    await done(host);
    assert.deepEqual(counts, { opened: 2, ended: 1 });
  });
});

describe("the runtime of a conversation", () => {
  it("that cannot be opened ends the run with its sentence, and nothing runs anywhere else", async () => {
    const sentence = "Docker is not running. Start it, and press Retry.";
    const openRuntime = async (): Promise<Runtime> => Promise.reject(new RuntimeError("unreachable", sentence));
    await using host = await openTestHost({ llm: playedLlm([]), host: { openRuntime } });
    await host.send("Go.");
    await done(host);
    const last = viewOf(host).rows.at(-1);
    assert.deepEqual(last?.type === "error" && [last.code, last.detail], ["RuntimeNotOpened", sentence]);
  });

  it("is chosen at its creation, may change until the agent has worked, and is told with each opening", async () => {
    const opened: unknown[] = [];
    const seen: unknown[] = [];
    const llm = playedLlm([say("1"), say("2"), say("3")]);
    await using test = await openTestHost({
      host: {
        openLlm: async (_ref, folder) => {
          seen.push(folder);
          return llm;
        },
        openRuntime: async ({ runtime, folders }) => {
          opened.push([runtime.kind === "docker" ? runtime.image : runtime.kind, folders]);
          return openMemoryRuntime({ workingDir: "/workspace" });
        },
      },
    });
    const { host } = test;
    const id = newId();
    await host.handle({
      type: "conversation.create",
      start: startOf({ id, working_dir: "/b", folders: ["/a", "/b"], runtime: { kind: "local" } }),
    });
    const set = (runtime: RuntimeRef): Promise<void> => host.handle({ type: "runtime.set", conversationId: id, runtime });
    const say1 = async (): Promise<void> => {
      await host.handle({ type: "message.send", conversationId: id, text: "Go." });
      await host.settled(id);
    };
    await set(docker);
    await say1();
    await assert.rejects(set({ kind: "local" }), { name: "HostError", message: /has worked in a Docker sandbox/ });
    await assert.rejects(set({ ...docker, workspace: "bind" }), { name: "HostError", message: /on a copy of the folder/ });
    await set({ ...docker, network: "bridge" });
    await say1();
    await set({ ...docker, image: "python:3.12" });
    await say1();
    const folders = ["/b", "/a"];
    assert.deepEqual(opened, [
      ["debian", folders],
      ["python:3.12", folders],
    ]);
    assert.deepEqual(seen, [{ host: "/b", shown: "/workspace/b" }]);
    assert.match(lastWords(llm), /NOTE: The sandbox is another one from now on: Docker · python:3\.12 · no network\./);
    const forkId = newId();
    await host.handle({ type: "conversation.fork", conversationId: id, forkId });
    let fork = initialView;
    using _listening = await host.subscribe(forkId, -1, (notification) => {
      fork = reduceView(fork, notification);
    });
    assert.deepEqual(fork.state.runtime, { ...docker, image: "python:3.12" });
    const { events } = await host.page(forkId, { limit: 3 });
    assert.match(JSON.stringify(events), /its sandbox is a new one/);
  });
});

const lastWords = (llm: PlayedLlm): string => JSON.stringify(llm.requests.at(-1)?.messages);
