import { equal } from "node:assert/strict";
import path from "node:path";
import { Base, sha256Of } from "../../../../src/runtime/workspaceCopy/base.ts";
import { tempFolder } from "../../../support/workspaces.ts";

describe("What a copy was made from", () => {
  it("gives no content that another review has written over", async () => {
    await using state = await tempFolder();
    const folder = path.join(state.path, "base");
    {
      await using base = await Base.create(folder);
      await base.save({ secrets: [], notes: [] });
    }
    const entry = (content: string) => ({
      path: "a.txt",
      type: "file" as const,
      sizeBytes: content.length,
      mode: 0o644,
      version: "",
      sha256: sha256Of(content),
    });
    await using one = await Base.open(folder);
    await using other = await Base.open(folder);
    await one?.set(entry("one's"), Buffer.from("one's"));
    await one?.save();
    await other?.set(entry("other"), Buffer.from("other"));
    await other?.save();
    equal(await one?.content({ ...entry("one's"), packedAt: 0 }), undefined);
    equal(Buffer.from((await other?.content({ ...entry("other"), packedAt: 0 })) ?? []).toString(), "other");
  });
});
