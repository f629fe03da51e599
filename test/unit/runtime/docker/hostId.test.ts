import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { hostId } from "../../../../src/runtime/docker/hostId.ts";
import { tempFolder } from "../../../support/workspaces.ts";

describe("who a host is on an engine", () => {
  it("is one for all that ask at once, and the same the next time", async () => {
    await using folder = await tempFolder();
    const state = path.join(folder.path, "state");
    const first = new Set(await Promise.all(Array.from({ length: 50 }, () => hostId(state))));
    const [only = ""] = first;
    assert.deepEqual([first.size, only.length, await hostId(state), await readdir(state)], [1, 36, only, ["host-id"]]);
  });
});
