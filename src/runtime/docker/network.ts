import type Docker from "dockerode";
import type { Log } from "../../protocol/log.ts";
import type { SandboxNetwork } from "../../protocol/sandbox.ts";
import { messageOf } from "../../protocol/thrown.ts";
import { RuntimeError } from "../runtime.ts";
import { ifMissing } from "./engineAnswers.ts";

/** A bridge of the sandbox's own: containers on the engine's usual one reach each other. */
export interface OwnNetwork {
  readonly docker: Docker;
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly log: Log;
}

/** Makes it anew; rejects with what the engine says, such as that it has no addresses left. */
export async function makeNetwork({ docker, name, labels, log }: OwnNetwork): Promise<void> {
  await removeNetwork({ docker, name, log });
  await docker.createNetwork({ Name: name, Driver: "bridge", CheckDuplicate: true, Labels: labels });
}

/** Never rejects: one that stays is found by a sweep. */
export async function removeNetwork({ docker, name, log }: Omit<OwnNetwork, "labels">): Promise<void> {
  try {
    await docker.getNetwork(name).remove().catch(ifMissing);
  } catch (error) {
    log.warn("a sandbox's network could not be removed", { error: messageOf(error) });
  }
}

/** Takes the container from one network to the other while it runs; what runs there goes on. When this rejects, it has no network. */
export async function switchNetwork(own: OwnNetwork, container: string, to: SandboxNetwork): Promise<void> {
  const { docker, name } = own;
  const [before, after] = to === "none" ? [name, "none"] : ["none", name];
  try {
    if (to !== "none") await makeNetwork(own);
    await docker.getNetwork(before).disconnect({ Container: container, Force: true });
    await docker.getNetwork(after).connect({ Container: container });
    if (to === "none") await removeNetwork(own);
  } catch (cause) {
    if (to !== "none") await removeNetwork(own);
    throw new RuntimeError("failed", `The engine could not switch the sandbox's network: ${messageOf(cause)}`, { cause });
  }
}

/** For the model, with its next command. */
export function networkNotice(network: SandboxNetwork): string {
  return network === "none"
    ? "The person has switched the sandbox's network off: from now on nothing can be reached or downloaded."
    : "The person has switched the sandbox's network on: from now on hosts can be reached and things can be downloaded.";
}
