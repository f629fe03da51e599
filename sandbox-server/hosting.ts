import { join } from "node:path";
import type { RuntimeNeeds } from "../src/host/host.ts";
import type { Llm } from "../src/llm/llm.ts";
import { LlmConfig } from "../src/protocol/agentServer/agent.ts";
import type { RuntimeRef } from "../src/protocol/sandbox.ts";
import { homeFiles } from "../src/runtime/machine/homeFiles.ts";
import { openMachineRuntime } from "../src/runtime/machine/machineRuntime.ts";
import type { Runtime } from "../src/runtime/runtime.ts";
import { hostingRoutes } from "../src/server/hosting/app.ts";
import { Creation } from "../src/server/hosting/create.ts";
import { openHosted } from "../src/server/hosting/openHosted.ts";
import { recoverAll, recoverLater } from "../src/server/hosting/recovery.ts";
import { hostingSockets } from "../src/server/hosting/sockets.ts";
import { addMisc } from "../src/server/misc/addMisc.ts";
import { addOpenAi } from "../src/server/openai/openAiRoutes.ts";
import type { Routes } from "../src/server/routes.ts";
import { addKept } from "../src/server/settings/addKept.ts";
import { lookupsOf } from "../src/server/settings/lookups.ts";
import { openStores } from "../src/server/settings/openStores.ts";
import { addHooks } from "../src/server/skills/hookRoutes.ts";
import { addSkills, skillNames } from "../src/server/skills/skillRoutes.ts";
import type { SocketFamily } from "../src/server/sockets/socketServer.ts";
import { conversationsFolder, dataFolder } from "./dataFolder.ts";
import { isLoopback } from "./hosts.ts";
import type { HostingNeeds } from "./lateHosting.ts";
import { lazySandboxes } from "./sandboxes.ts";

export interface OpenHosting extends AsyncDisposable {
  readonly routes: Routes;
  readonly sockets: readonly SocketFamily[];
}

/** The conversations of this server: a host whose agents act on this machine or in sandboxes, and all routes about them. */
export async function openHosting({ options, workspace, secretKey, log }: HostingNeeds): Promise<OpenHosting> {
  const data = await dataFolder(options.data);
  const root = await conversationsFolder(data);
  const stores = openStores(data, secretKey);
  const reach = { inside: isLoopback(options.host) };
  const mostRuns = Number(process.env["OH_MAX_CONCURRENT_RUNS"]);
  const seconds = Number(process.env["OH_CONVERSATION_IDLE_TTL_SECONDS"] || 1200);
  const sandboxes = lazySandboxes({ data, ids: async () => [...(await hosted.store.ids()), ...(await hosted.store.deletedIds())], log });
  const openRuntime = async ({ runtime: ref, ...needs }: RuntimeNeeds): Promise<Runtime> => {
    if (ref.kind === "docker") return (await sandboxes.open()).open({ ...needs, ref });
    return openMachineRuntime({ workingDir: needs.workingDir, folders: needs.folders, wall: "sandbox-server" });
  };
  const openModel = async (config: LlmConfig): Promise<Llm> => (await import("../src/llm/configuredLlm.ts")).openConfiguredLlm(config);
  const home = homeFiles();
  const hosted = openHosted({
    root,
    home,
    // Without a config it was begun by another program, which has its keys elsewhere.
    openModel,
    openLlm: (ref, _folder, config) => openModel(config ?? LlmConfig.parse(ref)),
    openRuntime,
    lookups: lookupsOf(stores),
    cipher: stores.cipher,
    reach,
    mostRuns: mostRuns >= 1 ? Math.floor(mostRuns) : undefined,
    runtime: runtimeOf(process.env["RUNTIME_ENV"]),
    workspace: process.env["OH_WORKSPACE_PATH"] || workspace,
    worktreeRoot: process.env["OH_CONVERSATION_WORKTREE_ROOT"] || join(data, "worktrees"),
    log,
    ...(seconds > 0 ? { idleMs: seconds * 1000 } : {}),
  });
  await recoverAll(hosted.hosting);
  const recovering = recoverLater(hosted.hosting);
  const routes = hostingRoutes(hosted.hosting);
  addKept(routes, stores, { openModel, skillNames: (signal) => skillNames(home, signal), log });
  addSkills(routes, home);
  addHooks(routes, home.files);
  addOpenAi(routes, { hosting: hosted.hosting, creation: new Creation(hosted.hosting), stores });
  addMisc(routes, { dataFolder: data, mcp: { reach, cipher: stores.cipher } });
  return {
    routes,
    sockets: hostingSockets(hosted.hosting),
    [Symbol.asyncDispose]: async () => {
      recovering[Symbol.dispose]();
      await hosted[Symbol.asyncDispose]();
      await sandboxes[Symbol.asyncDispose]();
    },
  };
}

/** A container sees the folder itself, because nobody reviews what a copy has become. */
function runtimeOf(name: string | undefined): RuntimeRef {
  return name === "docker" ? { kind: "docker", image: "", network: "bridge", workspace: "bind" } : { kind: "local" };
}
