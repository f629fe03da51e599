import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Log } from "../src/protocol/log.ts";
import { Settings, sandboxOf } from "../src/protocol/settings.ts";
import type { Sandboxes } from "../src/runtime/docker/sandboxes.ts";

const here = dirname(fileURLToPath(import.meta.url));
const dist = basename(here) === "dist" ? here : join(here, "../dist");

export interface SandboxesNeeds {
  /** What is kept of copies is in `sandboxes` below it. */
  readonly data: string;
  /** Of all conversations that are there, or may come back. */
  readonly ids: () => Promise<readonly string[]>;
  readonly log: Log;
}

/** The sandboxes of conversations. What talks to an engine is read when one is first needed; then what was left behind is looked for, too. */
export function lazySandboxes({ data, ids, log }: SandboxesNeeds): AsyncDisposable & { open(): Promise<Sandboxes> } {
  let opening: Promise<Sandboxes> | undefined;
  const openFirst = async (): Promise<Sandboxes> => {
    const [docker, { MachineFiles }] = await Promise.all([
      import("../src/runtime/docker/sandboxes.ts"),
      import("../src/runtime/machine/machineFiles.ts"),
    ]);
    const opened = new docker.Sandboxes({
      dist,
      stateFolder: join(data, "sandboxes"),
      settings: () => sandboxOf(Settings.parse({})),
      hostFiles: new MachineFiles(),
      environment: process.env,
      log,
    });
    void opened.sweep(async (id) => (await ids()).includes(id));
    return opened;
  };
  return {
    open: () => (opening ??= openFirst()),
    [Symbol.asyncDispose]: async () => (await opening?.catch(() => undefined))?.[Symbol.asyncDispose](),
  };
}
