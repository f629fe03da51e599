// The extension host's side of the bench of the face: VS Code calls `run`, which does what the bench asks over loopback until it says "end".
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { json } from "node:stream/consumers";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as vscode from "vscode";

const extensionId = "openhands.openhands-vscode";
const delay = monitorEventLoopDelay({ resolution: 1 });

/** The address is written to the file that OPENHANDS_BENCH_ADDRESS names. */
export async function run(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const ended = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    json(request)
      .then((asked) => answer(asked as Asked))
      .then((result) => {
        response.end(JSON.stringify(result ?? null));
        if (result === "end") ended.resolve();
      })
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  server.listen(0, "127.0.0.1", () => {
    writeFileSync(process.env["OPENHANDS_BENCH_ADDRESS"] ?? "", String((server.address() as AddressInfo).port));
  });
  await ended.promise;
  server.close();
}

/** What the bench asks; see `FaceWindow`. */
type Asked =
  | { readonly type: "activate" }
  | { readonly type: "memory" }
  | { readonly type: "cpu" }
  | { readonly type: "delay.begin" }
  | { readonly type: "delay.end" }
  | { readonly type: "command"; readonly id: string; readonly args: readonly unknown[] }
  | { readonly type: "end" };

async function answer(asked: Asked): Promise<unknown> {
  switch (asked.type) {
    case "activate": {
      const extension = vscode.extensions.getExtension(extensionId);
      if (extension === undefined || extension.isActive) throw new Error("The extension is not there, or was active before it was asked.");
      const begun = performance.now();
      await extension.activate();
      return performance.now() - begun;
    }
    case "memory": {
      runInNewContext("gc")();
      return process.memoryUsage();
    }
    case "cpu":
      return process.cpuUsage();
    case "delay.begin":
      delay.enable();
      delay.reset();
      return undefined;
    case "delay.end":
      return { p99Ms: delay.percentile(99) / 1e6, mostMs: delay.max / 1e6 };
    case "command": {
      const begunAt = Date.now();
      await vscode.commands.executeCommand(asked.id, ...asked.args);
      return { begunAt };
    }
    case "end":
      return "end";
  }
}
