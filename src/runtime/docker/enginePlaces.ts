import { homedir } from "node:os";
import { join } from "node:path";
import { contextAddress, currentContext } from "./dockerContext.ts";
import { type EngineAddress, readAddress, type TlsChoice, windowsPipe } from "./engineAddress.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where an engine may be. */
export interface EnginePlaces {
  /** Who named it, such as `DOCKER_HOST`; then there is one place, and no other is looked at. Undefined: these are the usual ones. */
  readonly namedBy: string | undefined;
  readonly addresses: readonly EngineAddress[];
}

/**
 * The setting, then DOCKER_HOST, then Docker's context, then the usual places: the order of Docker's own command line.
 * Rejects with RuntimeError when what is named cannot be read.
 */
export async function enginePlaces(dockerHost: string, environment: Environment): Promise<EnginePlaces> {
  const home = environment["HOME"] || environment["USERPROFILE"] || homedir();
  const configFolder = environment["DOCKER_CONFIG"] || join(home, ".docker");
  const choice = tlsChoice(environment, configFolder);
  if (dockerHost !== "") return named("the setting sandbox.dockerHost", await readAddress(dockerHost, choice));
  const host = environment["DOCKER_HOST"];
  if (host) return named("DOCKER_HOST", await readAddress(host, choice));
  const chosen = environment["DOCKER_CONTEXT"] || (await currentContext(configFolder));
  if (chosen !== undefined && chosen !== "default") {
    return named(`the Docker context "${chosen}"`, await contextAddress(chosen, configFolder));
  }
  return { namedBy: undefined, addresses: usualSockets(environment, home).map((path) => ({ kind: "socket", path })) };
}

function named(namedBy: string, address: EngineAddress): EnginePlaces {
  return { namedBy, addresses: [address] };
}

/** As Docker's command line does: any value switches it on, and only the first of the two looks at who answers. */
function tlsChoice(environment: Environment, configFolder: string): TlsChoice {
  const folder = environment["DOCKER_CERT_PATH"] || configFolder;
  if (environment["DOCKER_TLS_VERIFY"]) return { tls: "verified", folder };
  return { tls: environment["DOCKER_TLS"] ? "unverified" : undefined, folder };
}

/** Docker's own first, then those of Docker Desktop, Colima, Rancher Desktop, OrbStack and Podman. */
function usualSockets(environment: Environment, home: string): string[] {
  if (process.platform === "win32") return [windowsPipe, "//./pipe/dockerDesktopLinuxEngine", "//./pipe/podman-machine-default"];
  const runtimeFolder = environment["XDG_RUNTIME_DIR"] || `/run/user/${process.getuid?.() ?? 0}`;
  const configHome = environment["XDG_CONFIG_HOME"] || join(home, ".config");
  return [
    "/var/run/docker.sock",
    `${runtimeFolder}/docker.sock`,
    join(home, ".docker/run/docker.sock"),
    join(home, ".docker/desktop/docker.sock"),
    join(home, ".colima/default/docker.sock"),
    join(configHome, "colima/default/docker.sock"),
    join(home, ".rd/docker.sock"),
    join(home, ".orbstack/run/docker.sock"),
    `${runtimeFolder}/podman/podman.sock`,
    join(home, ".local/share/containers/podman/machine/podman.sock"),
    "/run/podman/podman.sock",
  ];
}
