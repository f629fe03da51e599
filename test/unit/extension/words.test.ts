import assert from "node:assert/strict";
import { age, clock } from "../../../src/extension/activity/age.ts";
import { bestPaths } from "../../../src/extension/chat/bestPaths.ts";
import { entriesOf } from "../../../src/extension/commandMap.ts";
import { descriptionOf, type HistoryEntry, spokenOf, standingOf, tooltipOf } from "../../../src/extension/history/historyWords.ts";
import { placeOf, selectionText } from "../../../src/extension/references.ts";
import { newId } from "../../support/workspaces.ts";

const now = Date.parse("2026-05-01T12:00:00.000000");
const entry: HistoryEntry = {
  id: newId(),
  title: "Fix the date",
  working_dir: "/work/calendar",
  model: "gpt-5",
  execution_status: "finished",
  created_at: "2026-05-01T10:00:00.000000",
  updated_at: "2026-05-01T11:57:00.000000",
  accumulated_cost: 0.123,
  sizeBytes: 10,
  isOpenElsewhere: false,
  waiting: 0,
};

describe("what the list of conversations says", () => {
  it("of one: its age, its folder where that is another, how it stands, and all else on a closer look", () => {
    assert.deepEqual([descriptionOf(entry, true, now), descriptionOf(entry, false, now)], ["3 min", "3 min · calendar"]);
    assert.equal(spokenOf(entry, now), "Fix the date, Finished, 3 min");
    assert.match(tooltipOf(entry), /^Fix the date\nFinished\nModel: gpt-5\nCost: \$0\.12\nCreated: .+\nFolder: \/work\/calendar$/);
    assert.deepEqual(
      [
        standingOf({ ...entry, execution_status: "waiting_for_confirmation", waiting: 1 }),
        standingOf({ ...entry, execution_status: "running", isOpenElsewhere: true }),
        standingOf({ ...entry, execution_status: "stuck" }),
        standingOf({ ...entry, execution_status: "running", isAway: true }),
      ],
      ["asking", "elsewhere", "failed", "away"],
    );
  });

  it("of times: in one unit, never in the future", () => {
    const ages = [
      "2026-05-01T11:59:30",
      "2026-05-01T13:00:00",
      "2026-05-01T07:00:00",
      "2026-04-28T12:00:00",
      "2026-04-01T12:00:00",
      "2024-01-01",
    ];
    assert.deepEqual(
      ages.map((timestamp) => age(timestamp, now)),
      ["now", "now", "5 h", "3 d", "4 wk", "2 yr"],
    );
    assert.deepEqual([7_000, 192_000, 3_723_000].map(clock), ["0:07", "3:12", "1:02:03"]);
  });

  it("is meant for all that are selected when the row is one of them, else for the row alone; a key means the selection", () => {
    const [a, b, c] = [{ id: newId() }, { id: newId() }, { id: newId() }];
    assert.deepEqual(entriesOf([a, [a, b]], []), [a.id, b.id]);
    assert.deepEqual(entriesOf([c], [a, b]), [c.id]);
    assert.deepEqual(entriesOf([], [a, { entries: [] }]), [a.id]);
  });
});

describe("what is put into the composer", () => {
  it("is a place with its lines and a fence that the text cannot end, or the place alone when the text is long", () => {
    const folders = ["/work/app", "/work/lib"];
    assert.deepEqual(
      [placeOf("/work/app/src/a.ts", ["/work/app"]), placeOf("/work/lib/src/a.ts", folders), placeOf("/etc/hosts", folders)],
      ["src/a.ts", "lib/src/a.ts", "/etc/hosts"],
    );
    const selected = { place: "src/a.ts", firstLine: 3, lastLine: 4, language: "markdown", text: "```js\n1\n```\n" };
    assert.equal(selectionText(selected), "src/a.ts:3-4\n````markdown\n```js\n1\n```\n````\n");
    assert.equal(selectionText({ ...selected, lastLine: 3, text: "x".repeat(9_000) }), "src/a.ts:3\n");
  });

  it("finds files by their names first, then by their paths, then by letters in order", () => {
    const files = ["/w/src/date.ts", "/w/test/date.test.ts", "/w/update/log.ts", "/w/src/data/index.ts", "/w/README.md"];
    assert.deepEqual(bestPaths(files, "date", ["/w"]), [
      "/w/src/date.ts",
      "/w/test/date.test.ts",
      "/w/update/log.ts",
      "/w/src/data/index.ts",
    ]);
    assert.deepEqual(bestPaths(files, "sdi", ["/w"]), ["/w/src/data/index.ts"]);
    assert.equal(bestPaths(files, "", ["/w"]).length, 5);
  });
});
