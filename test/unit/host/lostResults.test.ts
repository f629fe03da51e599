import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { bash, call, finish, playedLlm, say } from "../../support/scripts.ts";
import { openTestHost, smallDisk, type TestHost } from "../../support/workspaces.ts";
import { actionIds, ask, interrupt, respond, statuses } from "./hostActions.ts";

describe("the host whose log fails it", () => {
  it("tells the doors when nothing can be saved, and never runs a command again whose result was lost", async function () {
    await using disk = await smallDisk();
    if (disk === undefined) return this.skip();
    let troubles = 0;
    // The last page of the file has room for something or nothing, so that it fails at different events.
    for (const padding of [0, 800, 1600, 2400, 3200]) {
      let runs = 0;
      const commands = () => {
        if (++runs === 1) disk.fill();
        return { output: "x".repeat(10_000), exitCode: 0 };
      };
      await using host = await openTestHost({
        llm: playedLlm([call(bash("once")), call(finish("Looked."))]),
        storeFolder: disk.path,
        commands,
      });
      await host.send("Go.".padEnd(padding));
      await host.host.settled(host.id);
      const trouble = host.heard.find((heard) => heard.type === "trouble");
      if (trouble) assert.match(trouble.message, /could not be saved/);
      troubles += trouble ? 1 : 0;
      await disk.free();
      if (trouble) {
        assert.equal(statuses(host).at(-1), "running");
        await interrupt(host);
        assert.equal(statuses(host).at(-1), "paused");
      }
      await host.send("Go on.");
      await host.host.settled(host.id);
      assert.deepEqual({ runs, last: statuses(host).at(-1) }, { runs: 1, last: "finished" });
      assert.match(JSON.stringify(host.events()), /Its outcome is unknown/);
      await host.host[Symbol.asyncDispose]();
      await rm(path.join(disk.path, host.id), { recursive: true });
    }
    assert.ok(troubles > 0);
  });

  it("tells once that a part of a log was damaged", async () => {
    await using first = await openTestHost({ llm: playedLlm([say("Hi.")]) });
    await first.send("Hello.");
    await first.host.settled(first.id);
    await damage(first, '"key":"title"');
    for (const count of [1, 1]) {
      await using again = await openTestHost({ storeFolder: first.storeFolder, id: first.id });
      const told = again.events().filter((event) => event.kind === "ConversationErrorEvent" && event.code === "LogDamaged");
      assert.equal(told.length, count);
      assert.match(JSON.stringify(again.events()), /Hi\./);
    }
  });

  it("never runs a command again whose result was damaged, be it over or waiting for another answer", async () => {
    for (const policy of [undefined, ask]) {
      let runs = 0;
      const commands = () => ({ output: `run ${++runs}\n`, exitCode: 0 });
      const rest = policy ? { policy } : {};
      const turns = [call(bash("once")), policy ? call(bash("other")) : say("Done.")];
      await using first = await openTestHost({ llm: playedLlm(turns), commands, ...rest });
      await first.send("Go.");
      await first.host.settled(first.id);
      if (policy) await respond(first, true);
      await first.host.settled(first.id);
      await damage(first, "run 1");
      await using again = await openTestHost({ llm: playedLlm([say("Looked.")]), storeFolder: first.storeFolder, id: first.id, commands });
      assert.match(JSON.stringify(again.events()), /Its outcome is unknown/);
      if (policy) await respond(again, true, actionIds(again).slice(-1));
      else await again.send("Go on.");
      await again.host.settled(again.id);
      assert.deepEqual({ runs, last: statuses(again).at(-1) }, { runs: policy ? 2 : 1, last: "finished" });
    }
  });
});

/** Closes the host and changes a byte of the record that says this. */
async function damage(host: TestHost, text: string): Promise<void> {
  const file = path.join(host.storeFolder, host.id, "events.jsonl");
  await host.host[Symbol.asyncDispose]();
  const log = await readFile(file, "utf8");
  assert.ok(log.includes(text));
  await writeFile(file, log.replace(text, text.toUpperCase()));
}
