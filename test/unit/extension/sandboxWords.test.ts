import assert from "node:assert/strict";
import { contextOf, descriptionOf, markOf, spokenOf, tooltipOf } from "../../../src/extension/sandboxes/changeWords.ts";
import { devcontainerImage, imageFault } from "../../../src/extension/sandboxes/imageName.ts";
import { FileChange } from "../../../src/protocol/sandbox.ts";

const change = (given: Partial<FileChange>): FileChange =>
  FileChange.parse({
    path: "src/date.ts",
    kind: "changed",
    type: "file",
    sizeBytes: 10,
    isBinary: false,
    standing: "clean",
    isProtected: false,
    ...given,
  });

describe("a change in a sandbox", () => {
  const words = (given: Partial<FileChange>): string[] => {
    const one = change(given);
    return [markOf(one).letter, descriptionOf(one), contextOf(one), spokenOf(one)];
  };

  it("is marked as VS Code marks those of a repository, and says how it meets the person's own file", () => {
    assert.deepEqual(words({}), ["M", "src", "change text canApply onHost inSandbox", "date.ts, Changed, src"]);
    assert.deepEqual(words({ path: "new.ts", kind: "created" }), ["A", "", "change text canApply inSandbox", "new.ts, Created"]);
    assert.deepEqual(words({ kind: "deleted" }), ["D", "src", "change text canApply onHost", "date.ts, Deleted, src"]);
    assert.deepEqual(words({ kind: "renamed", from: "date.ts" }).slice(0, 2), ["R", "src · from date.ts"]);
    assert.deepEqual(words({ standing: "merges" }).slice(0, 2), ["M", "src · you changed it too · merges"]);
    assert.deepEqual(words({ standing: "conflicts" }).slice(0, 3), [
      "!",
      "src · conflict · you changed it too",
      "change text conflicts onHost inSandbox",
    ]);
    assert.deepEqual(words({ standing: "same" }).slice(1, 3), ["src · same as yours", "change text onHost inSandbox"]);
    assert.deepEqual(words({ standing: "refused", refusal: "It is a link." }).slice(1, 3), [
      "src · cannot be applied",
      "change text onHost inSandbox",
    ]);
    assert.deepEqual(words({ path: "logo.png", isBinary: true, isProtected: true }).slice(1, 3), [
      "protected · binary",
      "change canApply onHost",
    ]);
  });

  it("says all that is known of it, a line for each", () => {
    assert.deepEqual(tooltipOf(change({ kind: "renamed", from: "a.ts", standing: "refused", refusal: "It leads out." })).split("\n"), [
      "a.ts → src/date.ts",
      "Renamed in the sandbox. It cannot be applied.",
      "It leads out.",
    ]);
    assert.match(tooltipOf(change({ isProtected: true })), /never with all/);
  });
});

describe("the name of an image", () => {
  it("is taken as Docker writes it, and anything else gets a sentence", () => {
    const good = [
      "python:3.12",
      "node",
      "ghcr.io/me/image:1",
      "localhost:5000/team/a_b/c__d.e-f:x.Y-z_1",
      `debian@sha256:${"0".repeat(64)}`,
      "openhands/sandbox-server:0.1.0",
      "[::1]:5000/a",
    ];
    assert.deepEqual(
      good.filter((name) => imageFault(name) !== undefined),
      [],
    );
    const bad = [
      "",
      "Python:3.12",
      "a b",
      "--privileged",
      "-v/:/host",
      "a:b:c",
      "a//b",
      "a\nb",
      "a;b",
      "$(a)",
      "a@sha256:12",
      "a".repeat(301),
      "/a",
      "a/",
    ];
    assert.deepEqual(
      bad.filter((name) => imageFault(name) === undefined),
      [],
    );
  });

  it("is all that is read of a devcontainer.json", () => {
    const text = `{
      // The image of the team.
      "image": "mcr.microsoft.com/devcontainers/typescript-node:22", /* and more */
      "runArgs": ["--privileged"], "mounts": ["source=/,target=/host,type=bind"],
    }`;
    assert.equal(devcontainerImage(text), "mcr.microsoft.com/devcontainers/typescript-node:22");
    for (const other of ["", "{", "[]", '{"image": 1}', '{"build": {"dockerfile": "Dockerfile"}}', '{"image": "--privileged"}'])
      assert.equal(devcontainerImage(other), undefined, other);
  });
});
