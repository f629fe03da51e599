import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConversationStore } from "../conversation/store.ts";
import type { Log } from "../protocol/log.ts";
import { Settings, sandboxOf } from "../protocol/settings.ts";
import type { Sandboxes } from "../runtime/docker/sandboxes.ts";
import { conversationsFolder, type Environment } from "./environment.ts";

const here = dirname(fileURLToPath(import.meta.url));
const dist = basename(here) === "dist" ? here : join(here, "../../dist");

/** The sandboxes of the command line. What talks to an engine is read when they are first needed. */
export interface LazySandboxes extends AsyncDisposable {
  open(): Promise<Sandboxes>;
  /** Undefined when they were not needed so far. */
  readonly opened: Sandboxes | undefined;
}

/** Opened with `sweeps`, what was left behind is looked for meanwhile; nobody waits for that. */
export function lazySandboxes(environment: Environment, log: Log, { sweeps }: { readonly sweeps: boolean }): LazySandboxes {
  let opened: Sandboxes | undefined;
  let opening: Promise<Sandboxes> | undefined;
  const openFirst = async (): Promise<Sandboxes> => {
    const [docker, { MachineFiles }] = await Promise.all([
      import("../runtime/docker/sandboxes.ts"),
      import("../runtime/machine/machineFiles.ts"),
    ]);
    const folder = conversationsFolder(environment);
    opened = new docker.Sandboxes({
      dist,
      stateFolder: dirname(folder),
      settings: () => sandboxOf(Settings.parse({})),
      hostFiles: new MachineFiles(),
      environment,
      log,
    });
    if (sweeps) void sweep(opened, new ConversationStore(folder));
    return opened;
  };
  return {
    open: () => (opening ??= openFirst()),
    get opened() {
      return opened;
    },
    [Symbol.asyncDispose]: async () => {
      await opened?.[Symbol.asyncDispose]();
    },
  };
}

/** Of conversations that are neither there nor in the trash, nothing is kept. It never rejects. */
function sweep(sandboxes: Sandboxes, store: ConversationStore): Promise<void> {
  return sandboxes.sweep(async (id) => [...(await store.ids()), ...(await store.deletedIds())].includes(id));
}
