import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { statusEvent } from "../../../src/agent/endings.ts";
import { machineDisk } from "../../../src/conversation/disk.ts";
import { ConversationStore } from "../../../src/conversation/store.ts";
import type { ConversationId } from "../../../src/protocol/ids.ts";
import type { Notification } from "../../../src/protocol/notifications.ts";
import { initialView, reduceView } from "../../../src/protocol/view.ts";
import { bash, call, gate, playedLlm, say } from "../../support/scripts.ts";
import { newId, openTestHost, startOf, type TempFolder, type TestHost, tempFolder } from "../../support/workspaces.ts";
import { FailingDisk } from "../conversation/fixtures/disks.ts";
import { textsOf } from "../conversation/fixtures/messages.ts";

interface OtherWindow extends AsyncDisposable {
  /** Appends a message there; what came of it. */
  write(text: string): Promise<string>;
  close(): Promise<void>;
}

async function otherWindow(root: string, id: ConversationId): Promise<OtherWindow> {
  const fixture = path.join(import.meta.dirname, "fixtures", "writeConversation.ts");
  const child = spawn(process.execPath, [fixture, root, id], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = once(child, "exit");
  assert.equal((await lines.next()).value, "held");
  const close = async (): Promise<void> => {
    child.stdin.end();
    await exited;
  };
  return {
    write: async (text) => {
      child.stdin.write(`${text}\n`);
      return (await lines.next()).value ?? "nothing";
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

const isEvent = (text: string) => (heard: Notification) => heard.type === "event.appended" && textsOf([heard.event]).includes(text);
const isAccess = (access: "read" | "write") => (heard: Notification) => heard.type === "access.changed" && heard.access === access;
const seqs = (host: TestHost): number[] => host.heard.flatMap((heard) => (heard.type === "event.appended" ? [heard.seq] : []));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe("a conversation that several windows show", () => {
  let folder: TempFolder;
  let id: ConversationId;
  beforeEach(async () => {
    folder = await tempFolder();
    const start = startOf();
    id = start.id;
    await (await new ConversationStore(folder.path).create(start))[Symbol.asyncDispose]();
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  const store = (): ConversationStore => new ConversationStore(folder.path, { pollMs: 50 });
  const open = (llm = playedLlm([say("Hello.")]), patienceMs = 8_000): Promise<TestHost> =>
    openTestHost({ llm, storeFolder: folder.path, id, host: { store: store(), patienceMs } });

  it("is shown while another writes to it, refuses commands with a sentence, and becomes ours when the other ends", async () => {
    await using other = await otherWindow(folder.path, id);
    await using host = await open(undefined, 0);
    await assert.rejects(host.send("Hi."), { name: "HostError", code: "not-possible", message: /take it over/ });
    const [access] = host.heard;
    assert.ok(access?.type === "access.changed" && access.access === "read" && access.reason === "in-use");
    assert.match(access.message ?? "", /open in another window or program.*take it over/);
    assert.equal(await other.write("from there"), "saved");
    await host.until(isEvent("from there"));
    const view = host.heard.reduce(reduceView, initialView);
    assert.deepEqual([view.readOnly?.reason, view.rows.length], ["in-use", 1]);
    const page = await host.host.page(id, { limit: 1 });
    assert.deepEqual([textsOf(page.events), page.count], [["from there"], 6]);
    await other.close();
    await host.until(isAccess("write"));
    await host.send("Hi.");
    await host.host.settled(id);
    assert.deepEqual(textsOf(host.events()), ["from there", "Hi.", "Hello."]);
    assert.deepEqual(seqs(host), upTo(seqs(host).length));
    assert.equal(host.heard.reduce(reduceView, initialView).readOnly, undefined);
  });

  it("waits with a command for a window that may just be reloaded", async () => {
    await using other = await otherWindow(folder.path, id);
    await using host = await open();
    const sent = host.send("Hi.");
    assert.equal(await other.write("the last word"), "saved");
    await other.close();
    await sent;
    await host.host.settled(id);
    assert.deepEqual(textsOf(host.events()), ["the last word", "Hi.", "Hello."]);
  });

  it("is taken over on purpose: the other's next append is refused, and its host tells why and reads on", async () => {
    await using other = await otherWindow(folder.path, id);
    await using host = await open();
    await host.host.handle({ type: "conversation.take_over", conversationId: id });
    await host.send("Mine now.");
    assert.equal(await other.write("too late"), "lost");
    await host.host.settled(id);
    assert.deepEqual(textsOf(host.events()), ["Mine now.", "Hello."]);
    assert.deepEqual(seqs(host), upTo(seqs(host).length));
  });

  it("is paused when it is taken over from one that runs it: nothing has failed", async () => {
    await using conversation = await store().open(id);
    await conversation.append(statusEvent("running"));
    await conversation[Symbol.asyncDispose]();
    await using _other = await otherWindow(folder.path, id);
    await using host = await open();
    await host.host.handle({ type: "conversation.take_over", conversationId: id });
    await host.until(isAccess("write"));
    assert.equal(host.events().at(-1)?.kind, "PauseEvent");
    assert.equal(
      host.events().some(({ kind }) => kind === "ConversationErrorEvent"),
      false,
    );
    await host.host.handle({ type: "run.start", conversationId: id });
    await host.host.settled(id);
    assert.deepEqual(textsOf(host.events()).at(-1), "Hello.");
  });

  it("that is taken over while it runs ends its run with a sentence, and shows what the new owner does", async () => {
    const held = gate();
    await using first = await open(playedLlm([{ ...call(bash("echo one")), gate: held }]));
    await first.send("Do it.");
    await held.reached;
    await using second = await open(playedLlm([say("Taken.")]));
    await second.send("Go on.");
    await second.host.settled(id);
    held.release();
    await first.until(isAccess("read"));
    await first.until(isEvent("Taken."));
    const access = first.heard.findLast((heard) => heard.type === "access.changed");
    assert.equal(access?.type === "access.changed" && access.reason, "taken-over");
    assert.match(access?.message ?? "", /taken over.*What was saved before is kept/);
    assert.equal(
      first.heard.some(({ type }) => type === "trouble"),
      false,
    );
    assert.deepEqual(seqs(first), upTo(seqs(first).length));
    assert.deepEqual(first.events(), second.events().slice(0, first.events().length));
  });

  it("is gone for all of them when one deletes it, and comes back", async () => {
    await using first = await open();
    await using _other = await openTestHost({
      storeFolder: folder.path,
      id: (await copyOf(first)) as ConversationId,
      host: { store: store() },
    });
    await first.host.handle({ type: "conversation.delete", conversationId: id });
    assert.equal(first.heard.at(-1)?.type, "conversation.deleted");
    await assert.rejects(first.send("Hi."), { code: "not-found" });
    await first.host.handle({ type: "conversation.restore", conversationId: id });
    await first.send("Back.");
    assert.equal((await first.host.list()).length, 2);
  });

  /** A fork of it, as another conversation of the list. */
  async function copyOf({ host }: TestHost): Promise<string> {
    const forkId = newId();
    await host.handle({ type: "conversation.fork", conversationId: id, forkId });
    return forkId;
  }

  it("stops its run when it is deleted, also by another window", async () => {
    await using other = await otherWindow(folder.path, id);
    await using reader = await open();
    await reader.host.handle({ type: "conversation.delete", conversationId: id });
    assert.equal(await other.write("too late"), "lost");
    assert.equal(reader.heard.at(-1)?.type, "conversation.deleted");
    await reader.host.handle({ type: "conversation.restore", conversationId: id });
    await using writer = await open(playedLlm([call(bash("sleep 1000"))]));
    await writer.send("Wait.");
    await writer.until((heard) => heard.type === "event.appended" && heard.event.kind === "ActionEvent");
    await new ConversationStore(folder.path).delete(id);
    await writer.until((heard) => heard.type === "conversation.deleted");
  });

  it("can be renamed", async () => {
    await using host = await open();
    await host.host.handle({ type: "conversation.rename", conversationId: id, title: "A better name" });
    assert.equal(host.heard.reduce(reduceView, initialView).state.title, "A better name");
    assert.equal((await host.host.list())[0]?.title, "A better name");
  });

  it("that a newer version has written to is shown, and refuses commands with the reason", async () => {
    await appendFile(path.join(folder.path, id, "events.jsonl"), '{"v":2,"seq":5,"event":{"kind":"X"}}\n');
    await using host = await open();
    await assert.rejects(host.send("Hi."), { name: "HostError", code: "not-possible", message: /newer version/ });
    assert.deepEqual(host.events().length, 5);
  });

  it("goes on after the disk has failed once: the run ends with a sentence, and the next message works", async () => {
    const disk = new FailingDisk(machineDisk);
    const failing = new ConversationStore(folder.path, { disk });
    await using host = await openTestHost({ llm: playedLlm([say("Hello.")]), storeFolder: folder.path, id, host: { store: failing } });
    disk.fail({ call: "datasync", code: "EIO" });
    await assert.rejects(host.send("one"), { code: "not-saved", message: /was closed.*read again and is there/ });
    await host.send("two");
    await host.host.settled(id);
    assert.deepEqual(textsOf(host.events()), ["two", "Hello."]);
    assert.deepEqual(seqs(host), upTo(seqs(host).length));
  });

  it("of many events is paged from its end, and replayed from anywhere, without being loaded", async () => {
    const lean = new ConversationStore(folder.path, { keepBytes: 0 });
    {
      await using conversation = await lean.open(id, 0);
      for (let count = 0; count < 600; count += 100) {
        await conversation.append(
          ...upTo(100).map((index) => ({
            kind: "ConversationStateUpdateEvent" as const,
            source: "environment" as const,
            key: "n",
            value: count + index,
          })),
        );
      }
    }
    await using host = await openTestHost({ storeFolder: folder.path, id, host: { store: lean } });
    assert.deepEqual(seqs(host), upTo(605));
    const last = await host.host.page(id, { limit: 3 });
    assert.deepEqual([last.events, last.firstSeq, last.count], [host.events().slice(-3), 602, 605]);
    const before = await host.host.page(id, { beforeSeq: 2, limit: 10 });
    assert.deepEqual([before.events, before.firstSeq], [host.events().slice(0, 2), 0]);
  });
});
