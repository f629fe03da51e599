// A sandbox-server as a child process: the nearest thing to a container without one.
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { Duplex } from "node:stream";
import { openRemoteRuntime, type RemoteRuntime } from "../../src/runtime/remote/remoteRuntime.ts";
import { root } from "./checkout.ts";

/** The runtime behind a sandbox-server of its own; disposing waits until the server has ended by itself. */
export async function openChildSandbox(
  workingDir: string,
  signal: AbortSignal,
  env = process.env,
): Promise<RemoteRuntime & { readonly pid: number }> {
  const main = path.join(root, "sandbox-server", "main.ts");
  const child = spawn(process.execPath, [main, "--stdio", "--workspace", workingDir], { stdio: ["pipe", "pipe", "inherit"], env });
  const ended = once(child, "exit");
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  const runtime = await openRemoteRuntime({ stream, signal });
  return {
    ...runtime,
    pid: child.pid ?? -1,
    [Symbol.asyncDispose]: async () => {
      await runtime[Symbol.asyncDispose]();
      await ended;
    },
  };
}
