import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { ConversationStore } from "../src/conversation/store.ts";
import { refOf } from "../src/host/agentParts.ts";
import { Host, type RuntimeNeeds } from "../src/host/host.ts";
import type { Llm } from "../src/llm/llm.ts";
import { openLlm, type WorkFolder } from "../src/llm/openLlm.ts";
import type { LlmConfig } from "../src/protocol/agentServer/agent.ts";
import type { RuntimeRef } from "../src/protocol/sandbox.ts";
import type { LlmRef } from "../src/protocol/state.ts";
import { homeFiles } from "../src/runtime/machine/homeFiles.ts";
import { openMachineRuntime } from "../src/runtime/machine/machineRuntime.ts";
import type { Runtime } from "../src/runtime/runtime.ts";
import { hostingRoutes } from "../src/server/hosting/app.ts";
import { Hosting } from "../src/server/hosting/hosting.ts";
import { Metas } from "../src/server/hosting/meta.ts";
import { hostingSockets } from "../src/server/hosting/sockets.ts";
import { addMisc } from "../src/server/misc/addMisc.ts";
import type { Routes } from "../src/server/routes.ts";
import { addKept } from "../src/server/settings/addKept.ts";
import { lookupsOf } from "../src/server/settings/lookups.ts";
import { openStores } from "../src/server/settings/openStores.ts";
import { addHooks } from "../src/server/skills/hookRoutes.ts";
import { addSkills, skillNames } from "../src/server/skills/skillRoutes.ts";
import type { SocketFamily } from "../src/server/sockets/socketServer.ts";
import type { HostingNeeds } from "./lateHosting.ts";
import { lazySandboxes } from "./sandboxes.ts";

export interface OpenHosting extends AsyncDisposable {
  readonly routes: Routes;
  readonly sockets: readonly SocketFamily[];
}

/** The conversations of this server: a host whose agents act on this machine or in sandboxes, and all routes about them. */
export async function openHosting({ options, secretKey, log }: HostingNeeds): Promise<OpenHosting> {
  const data = dataFolder(options.data);
  const root = resolve(process.env["OH_CONVERSATIONS_PATH"] || join(data, "conversations"));
  const stores = openStores(data, secretKey);
  const store = new ConversationStore(root);
  const sandboxes = lazySandboxes({ data, store, log });
  const openRuntime = async ({ runtime: ref, ...needs }: RuntimeNeeds): Promise<Runtime> => {
    if (ref.kind === "docker") return (await sandboxes.open()).open({ ...needs, ref });
    return openMachineRuntime({ workingDir: needs.workingDir, folders: needs.folders, wall: "sandbox-server" });
  };
  const seconds = Number(process.env["OH_CONVERSATION_IDLE_TTL_SECONDS"] || 1200);
  const open = async (ref: LlmRef, folder: WorkFolder, config?: LlmConfig): Promise<Llm> =>
    openLlm(ref, folder, { apiKey: config?.api_key ?? undefined, demoFolder: "", demoWordDelayMs: 12 });
  const home = homeFiles();
  const host = new Host({
    store,
    home,
    openLlm: open,
    openRuntime,
    log,
    ...(seconds > 0 ? { idleMs: seconds * 1000 } : {}),
  });
  const hosting = new Hosting({
    host,
    metas: new Metas(root, stores.cipher),
    lookups: lookupsOf(stores),
    cipher: stores.cipher,
    root,
    runtime: runtimeOf(process.env["RUNTIME_ENV"]),
    log,
  });
  const routes = hostingRoutes(hosting);
  const openModel = async (config: LlmConfig): Promise<Llm> => open(refOf(config), { host: data, shown: data }, config);
  addKept(routes, stores, { openModel, skillNames: (signal) => skillNames(home, signal), log });
  addSkills(routes, home);
  addHooks(routes, home.files);
  addMisc(routes, { dataFolder: data });
  return {
    routes,
    sockets: hostingSockets(hosting),
    [Symbol.asyncDispose]: async () => {
      await host[Symbol.asyncDispose]();
      await sandboxes[Symbol.asyncDispose]();
    },
  };
}

function dataFolder(given: string | undefined): string {
  const named = given ?? process.env["OH_PERSISTENCE_DIR"];
  if (named) return resolve(named);
  const home = homedir();
  if (!isAbsolute(home)) throw new Error("There is no home folder to keep conversations in. Give --data.");
  return join(home, ".openhands", "agent-server");
}

/** A container sees the folder itself, because nobody reviews what a copy has become. */
function runtimeOf(name: string | undefined): RuntimeRef {
  return name === "docker" ? { kind: "docker", image: "", network: "bridge", workspace: "bind" } : { kind: "local" };
}
