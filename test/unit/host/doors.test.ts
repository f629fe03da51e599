import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { RuntimeNeeds } from "../../../src/host/host.ts";
import type { Notification } from "../../../src/protocol/notifications.ts";
import type { ActivityNotice } from "../../../src/protocol/summary.ts";
import { initialView, reduceView, type View, viewOf } from "../../../src/protocol/view.ts";
import { openMemoryRuntime } from "../../../src/runtime/memory/memoryRuntime.ts";
import { bash, call, gate, playedLlm, say } from "../../support/scripts.ts";
import { until } from "../../support/until.ts";
import { openTestHost, type TestHost } from "../../support/workspaces.ts";
import { ask, interrupt, respond, statuses } from "./hostActions.ts";

const shown = ({ rows, state, streaming, phase, waiting }: View) => ({ rows, state, streaming, phase, waiting });

async function followedView(host: TestHost, limit: number): Promise<{ readonly view: () => View } & Disposable> {
  let view = initialView;
  const { snapshot, [Symbol.dispose]: dispose } = await host.host.follow(host.id, { limit }, (notification) => {
    view = reduceView(view, notification);
  });
  view = viewOf(snapshot);
  return { view: () => view, [Symbol.dispose]: dispose };
}

describe("who follows a conversation", () => {
  it("has the newest events and the state of all, and hears every later event once, whenever it comes", async () => {
    const turns = Array.from({ length: 12 }, (_, index) => call(bash(`echo ${index}`)));
    await using host = await openTestHost({ llm: playedLlm([...turns, say("Done.")]) });
    const late: { readonly firstSeqs: number[]; readonly seqs: number[] }[] = [];
    await host.host.subscribe(host.id, -1, (notification) => {
      if (notification.type !== "event.appended") return;
      const one = { firstSeqs: [] as number[], seqs: [] as number[] };
      late.push(one);
      const limit = notification.seq % 5;
      void host.host
        .follow(host.id, { limit }, (heard) => void (heard.type === "event.appended" && one.seqs.push(heard.seq)))
        .then(({ snapshot: { firstSeq, events, state } }) => {
          assert.equal(one.seqs.length, 0, "nothing is told before the snapshot is there");
          assert.equal(state.leaf_event_id === undefined, firstSeq + events.length <= 5);
          one.firstSeqs.push(...events.map((_, index) => firstSeq + index), -firstSeq - events.length);
        });
    });
    await host.send("Do it.");
    await host.host.settled(host.id);
    await new Promise(setImmediate);
    const last = host.events().length - 1;
    assert.ok(late.length > 40);
    for (const { firstSeqs, seqs } of late) {
      const end = -(firstSeqs.pop() ?? 0);
      assert.deepEqual(
        [...firstSeqs, ...seqs],
        Array.from({ length: last + 1 - end + firstSeqs.length }, (_, index) => end - firstSeqs.length + index),
      );
    }
  });

  it("sees the reply that is being written, as who was there from the beginning", async () => {
    const held = gate();
    await using host = await openTestHost({ llm: playedLlm([{ text: "Half a sen", reasoning: "Hm.", gate: held }]) });
    await host.send("Go.");
    await held.reached;
    using followed = await followedView(host, 100);
    await new Promise(setImmediate);
    const early = host.heard.reduce(reduceView, initialView);
    assert.deepEqual(followed.view().streaming, { text: "Half a sen", reasoning: "Hm." });
    assert.deepEqual(shown(followed.view()), shown(early));
    held.release();
    await host.host.settled(host.id);
    assert.deepEqual(shown(followed.view()), shown(host.heard.reduce(reduceView, initialView)));
    assert.deepEqual(followed.view().streaming, { text: "", reasoning: "" });
  });

  it("sees the last 20,000 characters of the running command, and none of one that is over", async () => {
    const commands = (command: string) =>
      command === "flood" ? { output: `${"x".repeat(50_000)}end\n`, exitCode: "never" as const } : undefined;
    await using host = await openTestHost({ llm: playedLlm([call(bash("echo before")), call(bash("flood"))]), commands });
    await host.send("Go.");
    await host.until((heard) => heard.type === "terminal.output" && heard.text.includes("end"));
    const passing: Notification[] = [];
    using _listening = await host.host.subscribe(host.id, host.events().length - 1, (heard) => passing.push(heard));
    const [output, ...rest] = passing;
    assert.ok(output?.type === "terminal.output" && output.text.length === 20_000 && output.text.includes("end"));
    assert.deepEqual(rest, []);
    await interrupt(host);
    const after: Notification[] = [];
    using _later = await host.host.subscribe(host.id, host.events().length - 1, (heard) => after.push(heard));
    assert.deepEqual(after, []);
  });

  it("hears of a wait for the model, and how long it still is", async () => {
    const held = gate();
    const llm = playedLlm([]);
    await using host = await openTestHost({
      llm: {
        ...llm,
        async *stream(_request, signal) {
          yield { type: "text", text: "void" };
          yield { type: "waiting", reason: "Too many requests.", retryInMs: 60_000 };
          await held.pass(signal);
        },
      },
    });
    await host.send("Go.");
    await held.reached;
    await sleep(20);
    using followed = await followedView(host, 1);
    await new Promise(setImmediate);
    const { waiting, streaming } = followed.view();
    assert.equal(waiting?.reason, "Too many requests.");
    assert.ok(waiting.retryInMs < 59_990 && waiting.retryInMs > 30_000);
    assert.equal(streaming.text, "");
  });
});

describe("who watches the host", () => {
  it("is told of each conversation that is open, what it does, that it asks, and that it is deleted", async () => {
    await using host = await openTestHost({ llm: playedLlm([call(bash("echo a"), bash("echo b")), say("Done.")]), policy: ask });
    const notices: ActivityNotice[] = [];
    using _faulty = host.host.watch(() => {
      throw new Error("a fault of a door");
    });
    using _watching = host.host.watch((notice) => notices.push(notice));
    assert.deepEqual(notices, [
      {
        type: "changed",
        activity: {
          ...{ id: host.id, working_dir: "/workspace", execution_status: "idle", since: "", runStartedAt: "" },
          ...{ waiting: 0, isReadOnly: false },
        },
      },
    ]);
    await host.send("Say a and b.");
    await host.untilStatus("waiting_for_confirmation");
    await host.host.handle({ type: "conversation.rename", conversationId: host.id, title: "Letters" });
    await respond(host, true);
    await host.untilStatus("finished");
    await host.host.handle({ type: "conversation.delete", conversationId: host.id });
    const told = notices.slice(1).map((notice) => {
      if (notice.type !== "changed") return notice.type;
      const { title, execution_status, waiting } = notice.activity;
      return `${title}: ${execution_status}, ${waiting}`;
    });
    assert.deepEqual(told, [
      "Say a and b.: idle, 0",
      "Say a and b.: running, 0",
      "Say a and b.: waiting_for_confirmation, 2",
      "Letters: waiting_for_confirmation, 2",
      "Letters: running, 0",
      "Letters: finished, 0",
      "deleted",
    ]);
  });
});

describe("a conversation that nobody needs", () => {
  const isClosed = (notices: readonly ActivityNotice[]): boolean => notices.at(-1)?.type === "closed";

  it("closes at once when it was only read, and can be read again", async () => {
    const first = await openTestHost({ llm: playedLlm([say("Hello.")]) });
    await first.send("Hi.");
    await first.host.settled(first.id);
    const count = first.events().length;
    await first.host[Symbol.asyncDispose]();
    await using host = await openTestHost({ storeFolder: first.storeFolder, id: first.id });
    await using _folder = first;
    const notices: ActivityNotice[] = [];
    using _watching = host.host.watch((notice) => notices.push(notice));
    using _other = await host.host.subscribe(host.id, -1, () => undefined);
    assert.deepEqual((await host.host.page(host.id, { limit: 1 })).count, count);
    assert.equal(notices.length, 1, "somebody listens");
    await using reader = await openTestHost({ storeFolder: first.storeFolder, id: first.id });
    assert.equal(reader.heard[0]?.type, "access.changed");
  });

  it("gives its lease back at the last listener's leaving, so that another window can write", async () => {
    await using first = await openTestHost({ llm: playedLlm([say("Hello.")]) });
    await first.send("Hi.");
    await first.host.settled(first.id);
    const { id, storeFolder } = first;
    await first.host[Symbol.asyncDispose]();
    await using reading = await openTestHost({ storeFolder, id: first.id });
    const notices: ActivityNotice[] = [];
    using _watching = reading.host.watch((notice) => notices.push(notice));
    reading.leave();
    await until("its end", async () => isClosed(notices));
    await using writing = await openTestHost({ storeFolder, id, llm: playedLlm([say("Again.")]), host: { patienceMs: 0 } });
    await writing.send("More.");
    await writing.host.settled(id);
    assert.deepEqual(statuses(writing), ["running", "finished", "running", "finished"]);
  });

  it("stays for a while when it has a runtime, which is ended with it; a new message opens both again", async () => {
    let ended = 0;
    const openRuntime = async ({ workingDir }: RuntimeNeeds) => {
      const runtime = openMemoryRuntime({ workingDir });
      return {
        ...runtime,
        [Symbol.asyncDispose]: async () => {
          ended++;
          await runtime[Symbol.asyncDispose]();
        },
      };
    };
    await using host = await openTestHost({ llm: playedLlm([say("One."), say("Two.")]), host: { openRuntime, idleMs: 80 } });
    const notices: ActivityNotice[] = [];
    using _watching = host.host.watch((notice) => notices.push(notice));
    await host.send("Go.");
    await host.host.settled(host.id);
    host.leave();
    await sleep(20);
    assert.equal(isClosed(notices), false);
    await until("its end", async () => isClosed(notices));
    assert.equal(ended, 1);
    await host.send("Again.");
    await host.host.settled(host.id);
    const { events } = await host.host.page(host.id, { limit: 1000 });
    assert.equal(events.filter((event) => event.kind === "MessageEvent" && event.source === "agent").length, 2);
  });

  it("is not closed while it runs or waits for an answer", async () => {
    const held = gate();
    const llm = playedLlm([{ ...call(bash("echo a")), gate: held }, say("Done.")]);
    await using host = await openTestHost({ llm, policy: ask, host: { idleMs: 1 } });
    const notices: ActivityNotice[] = [];
    using _watching = host.host.watch((notice) => notices.push(notice));
    await host.send("Go.");
    await held.reached;
    host.leave();
    await sleep(30);
    held.release();
    await until("the question", async () => notices.some((notice) => notice.type === "changed" && notice.activity.waiting === 1));
    await sleep(30);
    assert.equal(isClosed(notices), false);
    const { events } = await host.host.page(host.id, { limit: 100 });
    const actionIds = events.flatMap((event) => (event.kind === "ActionEvent" ? [event.id] : []));
    await host.host.handle({ type: "confirmation.respond", conversationId: host.id, accept: true, actionIds });
    await until("its end", async () => isClosed(notices));
    assert.equal(
      notices.some((notice) => notice.type === "changed" && notice.activity.execution_status === "finished"),
      true,
    );
  });
});
