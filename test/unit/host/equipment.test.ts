import assert from "node:assert/strict";
import type { RuntimeNeeds } from "../../../src/host/host.ts";
import { textOf } from "../../../src/protocol/content.ts";
import { initialView, reduceView } from "../../../src/protocol/view.ts";
import { openMemoryRuntime } from "../../../src/runtime/memory/memoryRuntime.ts";
import { playedLlm, say } from "../../support/scripts.ts";
import { openTestHost } from "../../support/workspaces.ts";
import { interrupt, statuses } from "./hostActions.ts";

describe("opening a runtime", () => {
  it("is told in phases, with all that it is opened for, and is over when it is there", async () => {
    let needs: RuntimeNeeds | undefined;
    await using host = await openTestHost({
      llm: playedLlm([say("Here.")]),
      host: {
        openRuntime: async (given) => {
          needs = given;
          given.onPhase("Starting the container");
          return openMemoryRuntime(given);
        },
      },
    });
    await host.send("Go.");
    await host.host.settled(host.id);
    assert.deepEqual([needs?.workingDir, needs?.folders, needs?.conversationId], ["/workspace", ["/workspace"], host.id]);
    const phases = host.heard.flatMap((heard) => (heard.type === "runtime.phase" ? [heard.phase] : []));
    assert.deepEqual(phases, ["Starting the container", ""]);
    assert.equal(host.heard.reduce(reduceView, initialView).phase, undefined);
  });

  it("can be stopped by the person; what comes late is ended, and the next run opens it anew", async () => {
    let [opened, ended] = [0, 0];
    const late = Promise.withResolvers<void>();
    await using host = await openTestHost({
      llm: playedLlm([say("Here.")]),
      host: {
        openRuntime: async ({ workingDir, onPhase, signal }) => {
          const runtime = openMemoryRuntime({ workingDir });
          onPhase("Pulling the image");
          if (++opened === 1) await late.promise;
          assert.equal(signal.aborted, opened === 1);
          const dispose = async (): Promise<void> => {
            ended++;
            await runtime[Symbol.asyncDispose]();
          };
          return { ...runtime, [Symbol.asyncDispose]: dispose };
        },
      },
    });
    await host.send("Go.");
    await host.until((heard) => heard.type === "runtime.phase");
    await interrupt(host);
    assert.deepEqual(statuses(host), ["paused"]);
    assert.equal(host.heard.reduce(reduceView, initialView).phase, undefined);
    late.resolve();
    await host.send("Again.");
    await host.host.settled(host.id);
    assert.deepEqual([opened, ended, statuses(host)], [2, 1, ["paused", "running", "finished"]]);
  });
});

describe("the host and its model", () => {
  it("keeps the model from run to run, and opens it anew when it or a key is another one, or it has failed", async () => {
    let [opened, keysVersion] = [0, 0];
    const llm = playedLlm([say("1"), say("2"), say("3"), new Error("The key is refused."), say("5"), say("6"), say("7")]);
    await using host = await openTestHost({
      host: {
        openLlm: async () => {
          opened++;
          return llm;
        },
        keysVersion: () => keysVersion,
      },
    });
    const counts: number[] = [];
    for (const text of ["1", "2", "3", "4", "5", "6", "7"]) {
      if (text === "6") keysVersion++;
      if (text === "3") await host.host.handle({ type: "llm.set", conversationId: host.id, llm: { model: "other" } });
      await host.send(text);
      await host.host.settled(host.id);
      counts.push(opened);
    }
    assert.deepEqual(counts, [1, 1, 2, 2, 3, 4, 4]);
  });

  it("is told with the next message, once, what the person did outside of the conversation; no view shows it", async () => {
    const llm = playedLlm([say("1"), say("2")]);
    await using host = await openTestHost({ llm });
    await host.host.handle({ type: "note.add", conversationId: host.id, text: "NOTE: a.ts was taken back." });
    for (const text of ["Go.", "On."]) {
      await host.send(text);
      await host.host.settled(host.id);
    }
    const said = llm.requests.at(-1)?.messages.flatMap((message) => (message.role === "user" ? textOf(message.content) : []));
    assert.deepEqual(said, ["Go.\nNOTE: a.ts was taken back.", "On."]);
    const rows = host.heard.reduce(reduceView, initialView).rows.flatMap((row) => (row.type === "user" ? row.text : []));
    assert.deepEqual(rows, ["Go.", "On."]);
  });

  it("refuses a message that says nothing", async () => {
    await using host = await openTestHost({ llm: playedLlm([say("Nice.")]) });
    await assert.rejects(host.send(" \n"), { name: "HostError", code: "not-possible", message: /empty/ });
    const images = ["data:image/png;base64,AAAA"];
    await host.host.handle({ type: "message.send", conversationId: host.id, text: "", images });
    await host.host.settled(host.id);
    assert.deepEqual(statuses(host), ["running", "finished"]);
  });
});
