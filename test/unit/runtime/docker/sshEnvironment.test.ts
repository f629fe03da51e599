import { deepEqual, rejects } from "node:assert/strict";
import { chmod, readFile } from "node:fs/promises";
import path from "node:path";
import { connectEngine } from "../../../../src/runtime/docker/engine.ts";
import { tempFolder } from "../../../support/workspaces.ts";

describe("The program ssh behind an engine", () => {
  it("inherits what a person's has, but no key of a model", async () => {
    if (process.platform === "win32") return;
    await using folder = await tempFolder({ ssh: '#!/bin/sh\nenv > "$SEEN"\necho no >&2\nexit 255\n' });
    await chmod(path.join(folder.path, "ssh"), 0o755);
    const seen = path.join(folder.path, "seen");
    const { PATH = "" } = process.env;
    const keys = { LLM_API_KEY: "sk-1", OPENAI_API_KEY: "sk-2", GITHUB_TOKEN: "t" };
    const environment = { PATH: `${folder.path}:${PATH}`, SEEN: seen, SSH_AUTH_SOCK: "/agent", ...keys };
    await rejects(connectEngine({ dockerHost: "ssh://far", environment }, new AbortController().signal), { name: "RuntimeError" });
    const names = (await readFile(seen, "utf8")).split("\n").map((line) => line.split("=")[0] ?? "");
    deepEqual(names.filter((name) => name in environment && name !== "PATH").toSorted(), ["SEEN", "SSH_AUTH_SOCK"]);
  });
});
