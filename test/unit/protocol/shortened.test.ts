import assert from "node:assert/strict";
import { changedFile } from "../../../src/protocol/changedFile.ts";
import { textContent, textOf } from "../../../src/protocol/content.ts";
import { displayAction } from "../../../src/protocol/display.ts";
import { type ActionEvent, type Event, type ObservationEvent, parseEvent } from "../../../src/protocol/events.ts";
import { shortenDone, shortenEvent } from "../../../src/protocol/shortened.ts";
import { calls, environmentSays, fails, personSays, succeeds } from "../../support/events.ts";
import { knownEvents } from "./examples.ts";

const most = 1_000;
const long = (lines: number): string => Array.from({ length: lines }, (_, index) => `line ${index + 1}`).join("\n");
const action = (made: object, args = ""): ActionEvent => {
  const event = calls({});
  return parseEvent({ ...event, action: made, tool_call: { ...event.tool_call, arguments: args } }) as ActionEvent;
};
const edited = (old_content: string | null, new_content: string): ObservationEvent => {
  const observation = {
    kind: "FileEditorObservation",
    content: [],
    is_error: false,
    command: "str_replace",
    path: "/w/a",
    prev_exist: true,
  };
  return parseEvent({ ...succeeds(calls({}), ""), observation: { ...observation, old_content, new_content } }) as ObservationEvent;
};
const sizeOf = (event: Event): number => JSON.stringify(event).length;

describe("an event for a view", () => {
  it("is the very same when nothing in it is long", () => {
    for (const event of knownEvents.map(parseEvent)) assert.equal(shortenDone(event, 20_000), event);
  });

  it("keeps head and tail of long texts, says what is left out, and stays an event", () => {
    const text = `Begin ${"x".repeat(50_000)} End`;
    const run = { kind: "TerminalAction", command: text };
    const said = action(run, JSON.stringify(run));
    const all = [
      personSays(text),
      environmentSays(text),
      { ...said, thought: [textContent(text)], reasoning_content: text },
      succeeds(said, text),
      fails(said, text),
    ];
    for (const event of all) {
      const short = parseEvent(shortenDone(event, most));
      assert.ok(sizeOf(short) < 5_000, `${event.kind} has ${sizeOf(short)}`);
      assert.match(JSON.stringify(short), /Begin x+\\+n\[… 49010 characters are left out here …\]\\+nx+ End/);
    }
  });

  it("is cut between whole characters", () => {
    const short = shortenEvent(personSays("😀".repeat(1_000)), 100);
    assert.ok(short.kind === "MessageEvent" && textOf(short.llm_message.content).isWellFormed());
  });

  it("keeps an action whole as long as a person may be asked about it", () => {
    const command = `echo ${"x".repeat(5_000)}; rm -rf ~`;
    const waiting = action({ kind: "TerminalAction", command }, JSON.stringify({ command }));
    const unknown = action({ kind: "MagicAction", spell: command }, JSON.stringify({ spell: command }));
    const short = shortenEvent(waiting, most);
    assert.ok(short.kind === "ActionEvent" && short.action?.kind === "TerminalAction" && short.action.command === command);
    assert.ok(short.tool_call.arguments.length < 1_100);
    assert.equal(shortenEvent(unknown, most), unknown, "its arguments are what is shown of it");
    assert.ok(sizeOf(shortenDone(unknown, most)) < sizeOf(unknown));
  });

  it("has of a large edit the changed lines with three around, where they begin, and how many they are", () => {
    const before = long(2_000);
    const after = before.replace("line 1000\n", "new line\nanother\n");
    const event = edited(before, after);
    const { observation } = parseEvent(shortenEvent(event, most)) as ObservationEvent;
    assert.ok(observation.kind === "FileEditorObservation");
    const { old_content, new_content, first_line } = observation;
    assert.deepEqual(
      { old_content, new_content, first_line },
      {
        old_content: "line 997\nline 998\nline 999\nline 1000\nline 1001\nline 1002\nline 1003",
        new_content: "line 997\nline 998\nline 999\nnew line\nanother\nline 1001\nline 1002\nline 1003",
        first_line: 997,
      },
    );
  });

  it("counts the lines of an edit rightly also when most of them are left out", () => {
    for (const event of [edited(null, long(3_000)), edited(long(3_000), ""), edited(long(2_000), long(2_500).replaceAll("line", "Line"))]) {
      const made = action({ kind: "FileEditorAction", command: "str_replace", path: "/w/a" });
      const outcome = (result: Event): string => displayAction({ event: made, result: result as ObservationEvent }, "/w").outcome;
      const short = shortenEvent(event, most);
      assert.ok(sizeOf(short) < 4_000);
      assert.equal(outcome(short), outcome(event));
      assert.equal(shortenEvent(short, most), short, "once is enough");
    }
  });

  it("keeps pictures of a usual size and drops larger ones", () => {
    const urls = [1_000, 1_300_000, 1_500_000].map((size) => `data:image/png;base64,${"A".repeat(size)}`);
    const message = personSays("Look.");
    const content = [...message.llm_message.content, { type: "image" as const, image_urls: urls, cache_prompt: false }];
    const short = shortenEvent({ ...message, llm_message: { ...message.llm_message, content } }, most);
    const kept = short.kind === "MessageEvent" ? short.llm_message.content[1] : undefined;
    assert.deepEqual(kept?.type === "image" && kept.image_urls, urls.slice(0, 2));
  });
});

describe("a changed file", () => {
  it("is counted in lines", () => {
    const changes = [
      { path: "/w/a", before: null, after: "1\n2\n" },
      { path: "/w/b", before: "1\n2\n3\n", after: "1\n3\n4\n5\n" },
    ];
    assert.deepEqual(changes.map(changedFile), [
      { path: "/w/a", status: "created", added: 2, removed: 0 },
      { path: "/w/b", status: "changed", added: 2, removed: 1 },
    ]);
  });
});
