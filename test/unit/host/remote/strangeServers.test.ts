import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { Door, idOf, world } from "../../../support/remoteWorld.ts";
import { until } from "../../../support/until.ts";
import { startOf } from "../../../support/workspaces.ts";

describe("a server that is not as one would like it", () => {
  it("wants another key", async () => {
    await using there = await world({ key: "right" }, "wrong");
    await assert.rejects(there.host.level(), /does not take this key/);
    await assert.rejects(there.host.list(), /does not take this key/);
  });

  it("is given the key in headers only, and in the first frame where headers are lost", async () => {
    await using there = await world({ key: "right", losesHeaders: true });
    const { server, host } = there;
    const id = server.begin();
    server.say(id, "Hi");
    const door = new Door();
    using _ = await host.subscribe(idOf(id), -1, door.hear);
    assert.deepEqual(door.texts, ["Hi"]);
    assert.ok(server.asked.every(({ path }) => !path.includes("right")));
  });

  it("is too old", async () => {
    await using there = await world({ version: "1.20.3" });
    await assert.rejects(there.host.level(), /1\.20\.3, and 1\.28\.0 is the oldest/);
  });

  it("says no version and lacks a tool, which is told and is no hindrance", async () => {
    await using there = await world({ version: null, usableTools: ["terminal"] });
    const { notes } = await there.host.level();
    assert.deepEqual(notes, ["It does not say which version it is, so something may not work.", "Its agents cannot use file_editor."]);
  });

  it("lives in another zone: times are told in ours", async () => {
    await using there = await world({ hoursBehind: 7 });
    const { server, host } = there;
    const id = server.begin();
    server.say(id, "Now");
    const door = new Door();
    using _ = await host.subscribe(idOf(id), -1, door.hear);
    server.say(id, "And now");
    await until("both", async () => door.texts.length === 2);
    assert.ok(Math.abs(Date.now() - Date.parse(door.view.lastEventAt)) < 60_000, door.view.lastEventAt);
  });

  it("is not there", async () => {
    const there = await world();
    const { host } = there;
    await there.server[Symbol.asyncDispose]();
    await assert.rejects(host.list(), /does not answer \(nothing listens there, ECONNREFUSED\)/);
    await assert.rejects(
      host.follow(startOf().id, { limit: 10 }, () => undefined),
      /cannot be followed/,
    );
    await host[Symbol.asyncDispose]();
  });
});
