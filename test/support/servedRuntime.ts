// A machine runtime behind the wire, in this process: for runtimes with options that sandbox-server does not have.
import { Duplex, PassThrough } from "node:stream";
import { type MachineOptions, openMachineRuntime } from "../../src/runtime/machine/machineRuntime.ts";
import { openRemoteRuntime } from "../../src/runtime/remote/remoteRuntime.ts";
import type { PersonRuntime } from "../../src/runtime/runtime.ts";
import { runtimeApp } from "../../src/server/runtimeApp.ts";
import { serveStdio } from "../../src/server/stdio.ts";

/** `notice` is that of the machine, because the wire tells it with the first answer only. */
export async function openServedRuntime(options: MachineOptions): Promise<PersonRuntime & { readonly notice: string | undefined }> {
  const machine = await openMachineRuntime(options);
  const [up, down] = [new PassThrough(), new PassThrough()];
  const serving = serveStdio(runtimeApp(machine, options.workingDir), up, down);
  const stream = Duplex.from({ readable: down, writable: up });
  const runtime = await openRemoteRuntime({ stream, signal: new AbortController().signal });
  return {
    ...runtime,
    get notice() {
      return machine.notice;
    },
    [Symbol.asyncDispose]: async () => {
      await runtime[Symbol.asyncDispose]();
      up.end();
      await serving;
      await machine[Symbol.asyncDispose]();
    },
  };
}
