import assert from "node:assert/strict";
import type { Memento } from "vscode";
import { Drafts } from "../../../src/extension/chat/drafts.ts";
import { newId } from "../../support/workspaces.ts";

describe("what is in a composer and not sent", () => {
  it("has its pictures in the latest five conversations", () => {
    const memory = new Map<string, unknown>();
    const memento = {
      get: (key: string) => memory.get(key),
      keys: () => [...memory.keys()],
      update: async (key: string, value: unknown) => void memory.set(key, value),
    };
    const drafts = new Drafts(memento as Memento);
    const ids = Array.from({ length: 7 }, () => newId());
    for (const id of ids) drafts.savePictures(id, [{ url: "data:image/png;base64,AAAA", name: "a.png" }]);
    drafts.savePictures(ids[6] ?? null, []);
    assert.deepEqual(
      ids.map((id) => drafts.pictures(id).length),
      [0, 0, 1, 1, 1, 1, 0],
    );
  });
});
