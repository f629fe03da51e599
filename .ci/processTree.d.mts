export function descendants(ancestor: number): number[];
export function isAlive(pid: number): boolean;
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void;
