import assert from "node:assert/strict";
import type { HostOptions } from "../../../src/host/host.ts";
import { LlmError } from "../../../src/llm/llmError.ts";
import type { EventId } from "../../../src/protocol/ids.ts";
import { initialView, reduceView } from "../../../src/protocol/view.ts";
import { openMemoryRuntime } from "../../../src/runtime/memory/memoryRuntime.ts";
import { bash, call, gate, playedLlm, say } from "../../support/scripts.ts";
import { newId, openTestHost, startOf } from "../../support/workspaces.ts";
import { actionIds, ask, interrupt, kinds, respond, statuses } from "./hostActions.ts";

describe("the host", () => {
  it("tells each listener every event once and in order, whenever it comes and wherever it begins", async () => {
    const turns = Array.from({ length: 12 }, (_, index) => call(bash(`echo ${index}`)));
    await using host = await openTestHost({ llm: playedLlm([...turns, say("Done.")]) });
    const late: { readonly afterSeq: number; readonly seqs: number[] }[] = [];
    // A new listener comes with each event, and begins anywhere before it.
    await host.host.subscribe(host.id, -1, (notification) => {
      if (notification.type !== "event.appended") return;
      const listener = { afterSeq: Math.floor((notification.seq * 7) % (notification.seq + 1)) - 1, seqs: [] as number[] };
      late.push(listener);
      void host.host.subscribe(host.id, listener.afterSeq, (heard) => {
        if (heard.type === "event.appended") listener.seqs.push(heard.seq);
      });
    });
    await host.send("Do it.");
    await host.host.settled(host.id);
    const last = host.events().length - 1;
    assert.ok(late.length > 40);
    for (const { afterSeq, seqs } of late)
      assert.deepEqual(
        seqs,
        Array.from({ length: last - afterSeq }, (_, index) => afterSeq + 1 + index),
      );
    assert.equal(host.heard.reduce(reduceView, initialView).state.execution_status, "finished");
  });

  it("says nothing to a listener that has gone", async () => {
    await using host = await openTestHost({ llm: playedLlm([say("Hi.")]) });
    let heard = 0;
    const subscription = await host.host.subscribe(host.id, -1, () => heard++);
    subscription[Symbol.dispose]();
    const before = heard;
    await host.send("Hello.");
    await host.host.settled(host.id);
    assert.equal(heard, before);
  });

  it("goes on when one listener fails", async () => {
    await using host = await openTestHost({ llm: playedLlm([say("Hi.")]) });
    await host.host.subscribe(host.id, host.events().length, () => {
      throw new Error("a fault of a door");
    });
    await host.send("Hello.");
    await host.host.settled(host.id);
    assert.deepEqual(statuses(host), ["running", "finished"]);
  });

  it("refuses commands to a conversation that does not exist, and an id that is taken", async () => {
    await using host = await openTestHost();
    const conversationId = newId();
    await assert.rejects(host.host.handle({ type: "message.send", conversationId, text: "Hi" }), {
      name: "ConversationError",
      code: "not-found",
    });
    await assert.rejects(
      host.host.subscribe(conversationId, -1, () => undefined),
      { code: "not-found" },
    );
    await assert.rejects(host.host.handle({ type: "conversation.create", start: startOf({ id: host.id }) }), { code: "not-possible" });
    await host.host.handle({ type: "conversation.create", start: startOf({ id: conversationId }) });
    await host.host.handle({ type: "run.pause", conversationId });
  });

  it("deletes once, however often it is asked while a run stops, tells it, and can bring it back", async () => {
    const hold = gate();
    await using host = await openTestHost({ llm: playedLlm([{ text: "So", gate: hold }]) });
    await host.send("Hello.");
    await hold.reached;
    const target = { conversationId: host.id };
    await Promise.all([1, 2, 3].map(() => host.host.handle({ type: "conversation.delete", ...target })));
    assert.equal(host.heard.at(-1)?.type, "conversation.deleted");
    await assert.rejects(host.host.handle({ type: "conversation.delete", ...target }), { code: "not-found" });
    await host.host.handle({ type: "conversation.restore", ...target });
    const { count } = await host.host.page(host.id, { limit: 1 });
    assert.equal(count, host.events().length);
  });

  it("makes one run of many starts", async () => {
    const llm = playedLlm([say("Once.")]);
    await using host = await openTestHost({ llm });
    const start = () => host.host.handle({ type: "run.start", conversationId: host.id });
    await Promise.all([host.send("Go."), start(), start()]);
    await host.host.settled(host.id);
    await start();
    await host.host.settled(host.id);
    assert.deepEqual({ asked: llm.requests.length, statuses: statuses(host) }, { asked: 1, statuses: ["running", "finished"] });
  });

  it("takes an answer only from somebody who saw what is asked", async () => {
    await using host = await openTestHost({ llm: playedLlm([call(bash("echo a"), bash("echo b")), call(bash("echo c"))]), policy: ask });
    await host.send("Go.");
    await host.untilStatus("waiting_for_confirmation");
    const [first, second] = actionIds(host);
    const stale = [[first], [second, newId() as string as EventId], [first, second, newId() as string as EventId]] as EventId[][];
    for (const ids of stale) await assert.rejects(respond(host, true, ids), { name: "HostError", code: "nothing-to-confirm" });
    assert.deepEqual(
      kinds(host).filter((kind) => kind === "ObservationEvent"),
      [],
    );
    await respond(host, true, [second, first, first] as EventId[]);
    await host.host.settled(host.id);
    await assert.rejects(respond(host, true, [first, second] as EventId[]), { code: "nothing-to-confirm" });
  });

  it("takes an answer at the very moment when it asks", async () => {
    await using host = await openTestHost({ llm: playedLlm([call(bash("echo a")), say("Done.")]), policy: ask });
    let answered: Promise<void> | undefined;
    await host.host.subscribe(host.id, -1, (heard) => {
      const isQuestion = heard.type === "event.appended" && "value" in heard.event && heard.event.value === "waiting_for_confirmation";
      if (isQuestion) answered = respond(host, true);
    });
    await host.send("Go.");
    await host.untilStatus("finished");
    await answered;
    assert.ok(kinds(host).includes("ObservationEvent"));
  });

  it("takes one of two answers that come at once", async () => {
    for (const [first, second] of [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ] as const) {
      await using host = await openTestHost({ llm: playedLlm([call(bash("echo a")), say("Done.")]), policy: ask });
      await host.send("Go.");
      await host.untilStatus("waiting_for_confirmation");
      const results = await Promise.allSettled([respond(host, first), respond(host, second)]);
      await host.host.settled(host.id);
      const outcome = kinds(host).filter((kind) => kind === "ObservationEvent" || kind === "UserRejectObservation");
      assert.deepEqual(
        { results: results.map(({ status }) => status), outcome },
        { results: ["fulfilled", "rejected"], outcome: [first ? "ObservationEvent" : "UserRejectObservation"] },
      );
    }
  });

  it("does not start a run while it waits for an answer", async () => {
    await using host = await openTestHost({ llm: playedLlm([call(bash("echo a"))]), policy: ask });
    await host.send("Go.");
    await host.untilStatus("waiting_for_confirmation");
    await assert.rejects(host.host.handle({ type: "run.start", conversationId: host.id }), { code: "not-possible" });
    await host.send("Well?");
    await host.host.settled(host.id);
    assert.deepEqual(statuses(host), ["running", "waiting_for_confirmation"]);
  });

  it("stops a run that was asked for just before", async () => {
    const llm = playedLlm([call(bash("sleep 1000"))]);
    await using host = await openTestHost({ llm });
    await Promise.all([host.send("Go."), interrupt(host)]);
    await host.host.settled(host.id);
    assert.equal(statuses(host).at(-1), "paused");
  });

  it("answers a message that comes while it stops", async () => {
    await using host = await openTestHost({ llm: playedLlm([call(bash("sleep 1000")), say("Here.")]) });
    await host.send("Go.");
    await host.until((heard) => heard.type === "event.appended" && heard.event.kind === "ActionEvent");
    await Promise.all([interrupt(host), host.send("Something else.")]);
    await host.host.settled(host.id);
    assert.deepEqual(statuses(host), ["running", "paused", "running", "finished"]);
  });

  it("answers a message that comes while it pauses, and asks no question twice for it", async () => {
    const held = gate();
    await using host = await openTestHost({ llm: playedLlm([{ ...call(bash("echo a")), gate: held }, say("Here.")]) });
    await host.send("Go.");
    await held.reached;
    await host.host.handle({ type: "run.pause", conversationId: host.id });
    await host.send("Something else.");
    held.release();
    await host.host.settled(host.id);
    assert.deepEqual(statuses(host), ["running", "paused", "running", "finished"]);
  });

  it("never takes a message for a yes, also when it was paused before it asked", async () => {
    const held = gate();
    await using host = await openTestHost({ llm: playedLlm([{ ...call(bash("echo a")), gate: held }]), policy: ask });
    await host.send("Go.");
    await held.reached;
    await host.host.handle({ type: "run.pause", conversationId: host.id });
    await host.send("Something else.");
    held.release();
    await host.host.settled(host.id);
    assert.deepEqual(statuses(host), ["running", "waiting_for_confirmation"]);
  });

  it("goes on after a rejection without a reason when a message was sent while it asked, and waits for one otherwise", async () => {
    for (const [message, expected] of [
      ["Do something else.", ["running", "waiting_for_confirmation", "idle", "running", "finished"]],
      ["", ["running", "waiting_for_confirmation", "idle"]],
    ] as const) {
      await using host = await openTestHost({ llm: playedLlm([call(bash("echo a")), say("Else.")]), policy: ask });
      await host.send("Go.");
      await host.untilStatus("waiting_for_confirmation");
      if (message) await host.send(message);
      await respond(host, false);
      await host.host.settled(host.id);
      assert.deepEqual(statuses(host), expected);
    }
  });

  it("logs how each run ended, with its code and without its words", async () => {
    const logged: string[] = [];
    const note = (message: string, details?: object): void => void logged.push(`${message} ${JSON.stringify(details)}`);
    const log = { debug: note, info: note, warn: note, error: note };
    const llm = playedLlm([say("Here."), new LlmError("LLMAuthenticationError", "The key sk-secret is refused.")]);
    await using host = await openTestHost({ llm, host: { log } });
    for (const text of ["Go.", "Again."]) {
      await host.send(text);
      await host.host.settled(host.id);
    }
    const lines = logged.map((line) => line.replaceAll(host.id, "ID").replace(/"tookMs":\d+/, '"tookMs":0'));
    assert.deepEqual(lines, [
      'a run begins {"id":"ID"}',
      'a run has ended {"id":"ID","status":"finished","tookMs":0}',
      'a run begins {"id":"ID"}',
      'a run failed {"id":"ID","code":"LLMAuthenticationError","tookMs":0}',
    ]);
  });

  it("pauses what runs and leaves nothing behind when it is closed, whatever it was about to do", async () => {
    for (const delay of [0, 1, 2, 5, 10, 20]) {
      let open = 0;
      const openRuntime: HostOptions["openRuntime"] = async ({ workingDir }) => {
        open++;
        const runtime = openMemoryRuntime({ workingDir });
        const dispose = async (): Promise<void> => {
          open--;
          await runtime[Symbol.asyncDispose]();
        };
        return { ...runtime, [Symbol.asyncDispose]: dispose };
      };
      const host = await openTestHost({ llm: playedLlm([call(bash("sleep 1000"))]), host: { openRuntime } });
      const sent = host.send("Go.").catch(() => undefined);
      for (let turn = 0; turn < delay; turn++) await new Promise(setImmediate);
      await host.host[Symbol.asyncDispose]();
      await sent;
      assert.equal(open, 0, `after ${delay} turns`);
      assert.notEqual(statuses(host).at(-1), "running", `after ${delay} turns`);
      await assert.rejects(host.send("More."), { name: "HostError", code: "closed" });
      await host[Symbol.asyncDispose]();
    }
  });

  it("says why a run could not begin, and begins the next one", async () => {
    let tries = 0;
    const openRuntime: HostOptions["openRuntime"] = async ({ workingDir }) => {
      if (++tries === 1) throw new Error("The folder is gone.");
      return openMemoryRuntime({ workingDir });
    };
    await using host = await openTestHost({ llm: playedLlm([say("Here.")]), host: { openRuntime } });
    for (const text of ["Go.", "Again."]) {
      await host.send(text);
      await host.host.settled(host.id);
    }
    assert.deepEqual(statuses(host), ["error", "running", "finished"]);
    assert.match(JSON.stringify(host.events()), /The folder is gone\./);
  });
});
