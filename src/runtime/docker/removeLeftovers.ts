import { setTimeout } from "node:timers/promises";
import type Docker from "dockerode";
import { statusOf } from "./engineAnswers.ts";
import type { Leftover } from "./leftovers.ts";

const mostAtOnce = 8;
const pollMs = 50;
/** A container that ends by itself may hold its volume for a while. */
const patienceMs = 10_000;

/** Removes them, containers first, because they hold networks and volumes; gives back those that could not be removed, with the engine's reason. */
export async function removeLeftovers(
  docker: Docker,
  leftovers: readonly Leftover[],
  signal: AbortSignal,
): Promise<Map<Leftover, unknown>> {
  const failed = new Map<Leftover, unknown>();
  for (const kind of ["container", "network", "volume"] as const) {
    const waiting = leftovers.filter((leftover) => leftover.kind === kind);
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        signal.throwIfAborted();
        try {
          await remove(docker, next, signal);
        } catch (error) {
          failed.set(next, error);
        }
      }
    };
    await Promise.all(Array.from({ length: mostAtOnce }, work));
    signal.throwIfAborted();
  }
  return failed;
}

/** It is gone when this resolves, whoever has removed it. */
async function remove(docker: Docker, { kind, id }: Leftover, signal: AbortSignal): Promise<void> {
  for (const giveUpAt = performance.now() + patienceMs; ; ) {
    try {
      if (kind === "container") await docker.getContainer(id).remove({ force: true, v: true });
      else if (kind === "network") await docker.getNetwork(id).remove();
      else await docker.getVolume(id).remove();
      return;
    } catch (error) {
      if (statusOf(error) === 404) return;
      // It is being removed already, or somebody who is being removed still uses it.
      const isInUse = statusOf(error) === 409 || (kind === "network" && statusOf(error) === 403);
      if (!isInUse || performance.now() > giveUpAt) throw error;
    }
    await setTimeout(pollMs, undefined, { signal });
  }
}
