export function findOnPath(command: string): string | undefined;
export function isOnPath(command: string): boolean;
export function ensureDebianPackages(packages: readonly string[], reason: string): Promise<void>;
