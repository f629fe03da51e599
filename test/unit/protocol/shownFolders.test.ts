import assert from "node:assert/strict";
import { ownPath, type RuntimeRef, shownFolders, shownPath } from "../../../src/protocol/sandbox.ts";

const runtime: RuntimeRef = { kind: "docker", image: "", network: "none", workspace: "copy" };

describe("the folders of a conversation as its agent sees them", () => {
  it("are the person's own on their machine, the one that it works in first", () => {
    assert.deepEqual(shownFolders({ working_dir: "/b", folders: ["/a", "/b"] }), ["/b", "/a"]);
    assert.deepEqual([shownPath("/b/x", { working_dir: "/b" }), ownPath("/b/x", { working_dir: "/b" })], ["/b/x", "/b/x"]);
    assert.deepEqual(shownFolders({}), []);
  });

  it("are below /workspace in a sandbox, and so are paths, there and back", () => {
    const one = { working_dir: "/home/me/app", runtime };
    const two = { working_dir: "/b/app", folders: ["/a/app", "/b/app"], runtime };
    assert.deepEqual([shownFolders(one), shownFolders(two)], [["/workspace"], ["/workspace/app", "/workspace/app-2"]]);
    assert.deepEqual(
      [shownPath("/home/me/app/src/a.ts", one), shownPath("/a/app/x", two), shownPath("/etc/passwd", one)],
      ["/workspace/src/a.ts", "/workspace/app-2/x", "/etc/passwd"],
    );
    assert.deepEqual(
      [ownPath("/workspace/src/a.ts", one), ownPath("/workspace/app-2/x", two), ownPath("/tmp/x", one)],
      ["/home/me/app/src/a.ts", "/a/app/x", undefined],
    );
  });
});
