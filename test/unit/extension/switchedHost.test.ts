import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { SwitchedHost } from "../../../src/extension/servers/switchedHost.ts";
import type { ActivityNotice } from "../../../src/protocol/summary.ts";
import { world } from "../../support/remoteWorld.ts";
import { gate, playedLlm } from "../../support/scripts.ts";
import { until } from "../../support/until.ts";
import { openTestHost, startOf } from "../../support/workspaces.ts";

describe("a window's host", () => {
  it("is the server's while the window is connected, and what runs here stays reachable", async () => {
    const atWork = gate();
    await using here = await openTestHost({ llm: playedLlm([{ text: "Done here.", gate: atWork }]) });
    await using there = await world();
    const host = new SwitchedHost(here.host);
    const notices: ActivityNotice[] = [];
    using _watching = host.watch((notice) => notices.push(notice));
    await host.handle({ type: "message.send", conversationId: here.id, text: "Begin" });
    await atWork.reached;
    host.use({ name: there.host.name, host: async () => there.host });
    const start = startOf();
    await host.handle({ type: "conversation.create", start });
    assert.deepEqual(
      (await host.list()).map(({ id }) => id),
      [start.id],
    );
    assert.equal(host.serverOf(start.id), there.host.name);
    assert.equal(host.serverOf(here.id), undefined);
    using _followed = await host.follow(start.id, { limit: 10 }, () => undefined);
    await until("the server's conversation to be watched", async () =>
      notices.some((notice) => notice.type === "changed" && notice.activity.id === start.id),
    );
    atWork.release();
    await host.settled(here.id);
    assert.ok(here.events().some((event) => event.kind === "MessageEvent" && event.source === "agent"));
    here.leave();
    host.use(undefined);
    assert.equal(host.serverOf(start.id), undefined);
    assert.deepEqual(
      (await host.list()).map(({ id }) => id),
      [here.id],
    );
  });
});
