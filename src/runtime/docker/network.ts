import type Docker from "dockerode";
import type { SandboxNetwork } from "../../protocol/sandbox.ts";
import { messageOf } from "../../protocol/thrown.ts";
import { RuntimeError } from "../runtime.ts";

/** Takes the container from one network to the other while it runs; what runs there goes on. When this rejects, it has no network. */
export async function switchNetwork(
  docker: Docker,
  container: string,
  change: { readonly from: SandboxNetwork; readonly to: SandboxNetwork },
): Promise<void> {
  try {
    await docker.getNetwork(change.from).disconnect({ Container: container, Force: true });
    await docker.getNetwork(change.to).connect({ Container: container });
  } catch (cause) {
    throw new RuntimeError("failed", `The engine could not switch the sandbox's network: ${messageOf(cause)}`, { cause });
  }
}

/** For the model, with its next command. */
export function networkNotice(network: SandboxNetwork): string {
  return network === "none"
    ? "The person has switched the sandbox's network off: from now on nothing can be reached or downloaded."
    : "The person has switched the sandbox's network on: from now on hosts can be reached and things can be downloaded.";
}
