import * as z from "zod";

/** What an engine says of itself, and what a person should know about it. */
export interface EngineFacts {
  /** In Docker's words, such as `/var/run/docker.sock` or `ssh://me@host`. */
  readonly address: string;
  /** Its own for itself; Podman has another one each time. */
  readonly id: string;
  /** Folders of this machine cannot be mounted there. */
  readonly isElsewhere: boolean;
  /** Such as `Docker`, `Docker Desktop` or `Podman`. */
  readonly name: string;
  readonly version: string;
  /** In the words of images: `amd64`, `arm64` … */
  readonly architecture: string;
  readonly isRootless: boolean;
  /** Names for `HostConfig.Runtime`. */
  readonly ociRuntimes: readonly string[];
  /** A sentence each, to be told once. */
  readonly warnings: readonly string[];
}

/** The answer to `GET /version`, as far as it matters here. */
export const EngineVersion = z.object({
  Version: z.string().max(200),
  Os: z.string().max(100),
  Arch: z.string().max(100),
  Platform: z.object({ Name: z.string().max(200) }).optional(),
  Components: z.array(z.object({ Name: z.string().max(200), Version: z.string().max(2000) })).catch([]),
});
type EngineVersion = z.infer<typeof EngineVersion>;

/** The answer to `GET /info`, as far as it matters here. */
export const EngineInfo = z.object({
  ID: z.string().max(200).catch(""),
  SecurityOptions: z.array(z.string()).nullish(),
  Runtimes: z.record(z.string(), z.unknown()).nullish(),
  Rootless: z.boolean().optional(),
});
type EngineInfo = z.infer<typeof EngineInfo>;

export function engineFacts(version: EngineVersion, info: EngineInfo): Omit<EngineFacts, "address" | "isElsewhere"> {
  const desktop = /^Docker Desktop ([\d.]+)/.exec(version.Platform?.Name ?? "")?.[1];
  const isPodman = version.Components.some(({ Name }) => Name.startsWith("Podman"));
  return {
    id: info.ID,
    name: isPodman ? "Podman" : desktop === undefined ? "Docker" : "Docker Desktop",
    version: desktop ?? version.Version,
    architecture: version.Arch,
    isRootless: info.Rootless === true || (info.SecurityOptions ?? []).includes("name=rootless"),
    ociRuntimes: Object.keys(info.Runtimes ?? {}),
    warnings: [desktopWarning(desktop), runcWarning(runcVersion(version))].flatMap((warning) => warning ?? []),
  };
}

/** Docker gives the number alone; Podman gives all that the program says of itself. */
function runcVersion({ Components: components }: EngineVersion): string | undefined {
  const found = components.find(({ Name }) => Name === "runc" || Name === "OCI Runtime (runc)");
  return found && /\d+\.\d+\.\d+\S*/.exec(found.Version)?.[0];
}

// https://nvd.nist.gov/vuln/detail/CVE-2025-9074: any container could command the engine.
function desktopWarning(version: string | undefined): string | undefined {
  if (version === undefined || !isBefore(version, "4.44.3")) return undefined;
  return `Docker Desktop ${version} lets containers out (CVE-2025-9074): update it to 4.44.3 or newer.`;
}

// https://nvd.nist.gov/vuln/detail/CVE-2024-21626, and CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881.
function runcWarning(version: string | undefined): string | undefined {
  if (version === undefined) return undefined;
  const known = [
    ...(isBefore(version, "1.1.12") ? ["CVE-2024-21626"] : []),
    ...(lacksFixesOf2025(version) ? ["CVE-2025-31133", "CVE-2025-52565", "CVE-2025-52881"] : []),
  ];
  if (known.length === 0) return undefined;
  // Distributions put fixes into old versions, and then the number does not tell.
  const unless = /[+~-](?!rc)/.test(version) ? ", unless your distribution has put the fixes into it" : "";
  return `The engine's runc ${version} has ways out of a container (${known.join(", ")})${unless}: update it to 1.2.8, 1.3.3 or newer.`;
}

function lacksFixesOf2025(version: string): boolean {
  const fixed = { "1.2": "1.2.8", "1.3": "1.3.3" }[/^\d+\.\d+/.exec(version)?.[0] ?? ""];
  if (fixed !== undefined) return isBefore(version, fixed);
  return isBefore(version, "1.2.8") || /^1\.4\.0-rc\.?[12]\b/.test(version);
}

function isBefore(version: string, limit: string): boolean {
  const [ours, theirs] = [numbers(version), numbers(limit)];
  const at = theirs.findIndex((number, index) => number !== (ours[index] ?? 0));
  return at >= 0 && (ours[at] ?? 0) < (theirs[at] ?? 0);
}

function numbers(version: string): number[] {
  return (/^[\d.]+/.exec(version)?.[0] ?? "").split(".").map(Number);
}
