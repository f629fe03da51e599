import { deepEqual, rejects } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { constants, type Http2ServerResponse } from "node:http2";
import path from "node:path";
import { Duplex, PassThrough } from "node:stream";
import { Hono } from "hono";
import { openMachineRuntime } from "../../src/runtime/machine/machineRuntime.ts";
import { openRemoteRuntime } from "../../src/runtime/remote/remoteRuntime.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { serverApp } from "../../src/server/app.ts";
import { serveStdio } from "../../src/server/stdio.ts";
import { quietLog, tempFolder } from "../support/workspaces.ts";

const { signal } = new AbortController();
const facts = { buildSha: "", buildRef: "", platform: "", usableTools: [], idleTimeoutSeconds: undefined };

/** A runtime behind a server that loses the first `losses` answers to each request with an effect, after the effect. */
async function openLossy(workingDir: string, losses: number): Promise<Runtime> {
  const machine = await openMachineRuntime({ workingDir, wall: "test" });
  const openBash = () => Promise.reject(new Error("This test runs no single commands."));
  const real = serverApp({ runtime: machine, workspace: machine.info.workingDir, openBash, facts, maxUploadBytes: 1, log: quietLog });
  const seen = new Map<string, number>();
  const lossy = new Hono<{ Bindings: { outgoing: Http2ServerResponse } }>();
  lossy.all("*", async (c) => {
    const answer = await real.fetch(c.req.raw, c.env);
    const id = c.req.header("x-request-id") ?? "";
    const count = seen.get(id) ?? 0;
    seen.set(id, count + 1);
    if (id === "" || count >= losses) return answer;
    await answer.text();
    c.env.outgoing.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    return new Response();
  });
  const [up, down] = [new PassThrough(), new PassThrough()];
  const served = serveStdio(lossy as unknown as Hono, up, down);
  const runtime = await openRemoteRuntime({ stream: Duplex.from({ readable: down, writable: up }), signal });
  return {
    ...runtime,
    [Symbol.asyncDispose]: async () => {
      await runtime[Symbol.asyncDispose]();
      await served;
      await machine[Symbol.asyncDispose]();
    },
  };
}

describe("a remote runtime whose answers are lost", () => {
  it("asks again, and what was asked for has happened once", async () => {
    await using folder = await tempFolder();
    await using runtime = await openLossy(folder.path, 1);
    const command = { type: "command", command: "echo effect >> effects; echo shown", noChangeTimeoutMs: 20_000 } as const;
    const { outcome, output } = await runtime.terminal.run(command, { signal });
    deepEqual([outcome, output.trim()], [{ type: "completed", exitCode: 0 }, "shown"]);
    deepEqual(await readFile(path.join(folder.path, "effects"), "utf8"), "effect\n");
    const file = path.join(folder.path, "file.txt");
    const written = await runtime.files.write(file, Buffer.from("text"), { expected: "absent", signal });
    deepEqual(await runtime.files.stat(file, signal), written);
    await runtime.files.remove(file, signal);
    await rejects(runtime.files.remove(file, signal), { code: "not-found" });
  });

  it("says that it cannot be reached when they are lost again", async () => {
    await using folder = await tempFolder();
    await using runtime = await openLossy(folder.path, 2);
    const command = { type: "command", command: "echo effect >> effects", noChangeTimeoutMs: 20_000 } as const;
    await rejects(runtime.terminal.run(command, { signal }), { code: "unreachable" });
    deepEqual(await readFile(path.join(folder.path, "effects"), "utf8"), "effect\n");
  });
});
