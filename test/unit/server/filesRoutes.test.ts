import { deepEqual, equal, match, ok } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { openMachineRuntime } from "../../../src/runtime/machine/machineRuntime.ts";
import { runtimeApp } from "../../../src/server/runtimeApp.ts";
import { until } from "../../support/until.ts";
import { tempFolder } from "../../support/workspaces.ts";

interface Asked extends AsyncDisposable {
  readonly folder: string;
  ask(name: string, json: object, signal?: AbortSignal): Promise<Response>;
}

async function open(files: Readonly<Record<string, string>> = {}): Promise<Asked> {
  const folder = await tempFolder(files);
  const runtime = await openMachineRuntime({ workingDir: folder.path, wall: "test", pty: "none", ripgrep: "none" });
  const app = runtimeApp(runtime, folder.path);
  return {
    folder: folder.path,
    ask: async (name, json, signal = new AbortController().signal) =>
      app.request(`/api/runtime/files/${name}`, {
        method: "POST",
        body: JSON.stringify(json),
        headers: { "content-type": "application/json" },
        signal,
      }),
    [Symbol.asyncDispose]: async () => {
      await runtime[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe("files over the wire", () => {
  it("gives a part of a file, and its size", async () => {
    await using server = await open({ "a.txt": "0123456789" });
    const at = path.join(server.folder, "a.txt");
    const part = async (offset: number, maxBytes: number): Promise<unknown> => {
      const answer = await server.ask("read", { path: at, offset, maxBytes });
      return [answer.status, await answer.text(), answer.headers.get("x-file-size")];
    };
    deepEqual(await part(2, 3), [200, "234", "10"]);
    deepEqual(await part(8, 100), [200, "89", "10"]);
    deepEqual(await part(10, 5), [200, "", "10"]);
    deepEqual(await part(1_000_000, 5), [200, "", "10"]);
    equal((await server.ask("read", { path: at, offset: 0, maxBytes: 200_000_000 })).status, 400);
    equal((await server.ask("read", { path: at, offset: -1, maxBytes: 1 })).status, 400);
    equal((await server.ask("read", { path: server.folder, offset: 0, maxBytes: 1 })).status, 400);
    equal((await server.ask("read", { path: "a.txt", offset: 0, maxBytes: 1 })).status, 400);
  });

  it("moves what is there to where nothing is", async () => {
    await using server = await open({ "a.txt": "a", "b.txt": "b" });
    const at = (name: string): string => path.join(server.folder, name);
    const move = async (from: string, to: string): Promise<number> => (await server.ask("move", { from: at(from), to: at(to) })).status;
    equal(await move("a.txt", "sub/deep/a.txt"), 200);
    equal(await move("sub", "other"), 200);
    equal(await move("b.txt", "other/deep/a.txt"), 409);
    equal(await move("a.txt", "c.txt"), 404);
    const answer = await server.ask("read", { path: at("other/deep/a.txt"), maxBytes: 10 });
    equal(await answer.text(), "a");
  });

  it("tells what changes in a folder, many changes together, until nobody asks any more", async () => {
    await using server = await open({ "a.txt": "a" });
    const gone = new AbortController();
    const answer = await server.ask("watch", { path: server.folder }, gone.signal);
    const reader = answer.body?.getReader();
    const next = async (): Promise<string> => new TextDecoder().decode((await reader?.read())?.value);
    const toldOf = async (what: string, change: (count: number) => Promise<void>): Promise<string[]> => {
      let told: string | undefined;
      void next().then((line) => (told = line));
      let count = 0;
      // It is watched from some time after it was asked for on.
      await until(what, async () => {
        await change(count++);
        return told;
      });
      match(told ?? "", /^\{"type":"changed","names":\[.*\],"more":(true|false)\}\n$/);
      return (JSON.parse(told ?? "") as { names: string[] }).names;
    };
    deepEqual(await toldOf("one", () => writeFile(path.join(server.folder, "a.txt"), "b")), ["a.txt"]);
    const flood = await toldOf("many", async (round) => {
      for (let count = 0; count < 300; count++) await writeFile(path.join(server.folder, `file ${round} ${count}`), "");
    });
    ok(flood.length <= 100);
    gone.abort();
    while (((await reader?.read()) ?? { done: true }).done !== true) continue;
  });

  it("says that there is nothing to watch", async () => {
    await using server = await open();
    const answer = await server.ask("watch", { path: path.join(server.folder, "missing") });
    match(await answer.text(), /^\{"type":"error","fault":\{"code":"not-found","detail":"There is nothing at .*missing\."\}\}\n$/);
  });
});
