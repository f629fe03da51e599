import { type DockerRef, type RuntimeRef, sandboxWall } from "../../protocol/sandbox.ts";
import type { Settings } from "../../protocol/settings.ts";
import { wallOf, workspaceFolders } from "../workspaceFolders.ts";

/** Where a new conversation acts, by the settings. */
export function newRuntime(settings: Settings): RuntimeRef {
  if (settings.runtime === "local") return { kind: "local" };
  const { "sandbox.image": image, "sandbox.network": network, "sandbox.workspace": workspace } = settings;
  return { kind: "docker", image, network, workspace };
}

/** The wall in a person's words; the usual image is named by that of the sandbox that runs. */
export function wallWords(runtime: RuntimeRef, running?: DockerRef): string {
  if (runtime.kind === "local") return wallOf(workspaceFolders());
  return sandboxWall({ ...runtime, image: runtime.image || (running?.image ?? "") });
}
