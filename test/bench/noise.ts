import { endedChildrenCpuMs, machineCpuMs, runningCpuMs } from "./processTree.ts";

/** What went on beside us for a while, in cores. */
export interface Noise {
  readonly seconds: number;
  /** Used by processes that are not ours. */
  readonly othersCores: number;
  /** Given to other machines by the hypervisor. */
  readonly stolenCores: number;
}

/** Begins to listen; the function that comes back tells what there was. `helpers` are children of ours that still run then. */
export function listenForNoise(helpers: readonly number[] = []): () => Noise {
  const own = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000 + endedChildrenCpuMs() + helpers.reduce((sum, pid) => sum + runningCpuMs(pid), 0);
  };
  const since = performance.now();
  const before = { ...machineCpuMs(), own: own() };
  return () => {
    const tookMs = performance.now() - since;
    const { busy, stolen } = machineCpuMs();
    const others = busy - before.busy - (own() - before.own);
    return { seconds: tookMs / 1000, othersCores: Math.max(0, others / tookMs), stolenCores: (stolen - before.stolen) / tookMs };
  };
}
