import type { CommandOf } from "../protocol/commands.ts";
import type { ConversationId } from "../protocol/ids.ts";
import { type RuntimeRef, SandboxNetwork } from "../protocol/sandbox.ts";
import type { Environment } from "./environment.ts";
import type { Values } from "./options.ts";
import { UsageError } from "./usage.ts";

/** What the flags say of where an old conversation acts; what is absent stays as it is. */
export interface RuntimeFlags {
  readonly kind: RuntimeRef["kind"] | undefined;
  readonly image: string | undefined;
  readonly network: SandboxNetwork | undefined;
}

/** Where commands of a new conversation run: there is no silent way from a sandbox to the machine itself. */
export function readRuntime(values: Values, environment: Environment): RuntimeRef {
  const { kind = fromEnvironment(environment), image, network } = readRuntimeFlags(values);
  if (kind === "docker") return { kind, image: image ?? "", network: network ?? "none", workspace: values.mount ? "bind" : "copy" };
  const stranger = (["image", "network", "mount"] as const).find((name) => values[name] !== undefined);
  if (stranger !== undefined) throw new UsageError(`--${stranger} is for a sandbox. Pass --runtime docker with it.`);
  return { kind };
}

export function readRuntimeFlags(values: Values): RuntimeFlags {
  const image = values.image?.trim();
  if (image === "") throw new UsageError("--image takes the name of an image, and was given an empty one.");
  return {
    kind: values.runtime === undefined ? undefined : readKind("--runtime", values.runtime),
    image,
    network: readNetwork(values.network),
  };
}

/** What an old conversation is told of where it acts. Throws a UsageError where it cannot be so. */
export function runtimeCommands(
  before: RuntimeRef = { kind: "local" },
  { kind = before.kind, image, network }: RuntimeFlags,
  conversationId: ConversationId,
): CommandOf<"runtime.set">[] {
  if (kind !== before.kind) {
    const where = before.kind === "docker" ? "in a Docker sandbox" : "on this machine";
    throw new UsageError(`This conversation works ${where}, and stays there. Leave out --runtime, or begin a new one.`);
  }
  if (image === undefined && network === undefined) return [];
  if (before.kind !== "docker") throw new UsageError("This conversation works on this machine, so it takes no --image and no --network.");
  const runtime = { ...before, ...(image === undefined ? {} : { image }), ...(network === undefined ? {} : { network }) };
  return [{ type: "runtime.set", conversationId, runtime }];
}

function fromEnvironment(environment: Environment): RuntimeRef["kind"] {
  return readKind("RUNTIME_ENV", environment["RUNTIME_ENV"] || "local");
}

function readKind(given: string, name: string): RuntimeRef["kind"] {
  if (name === "local" || name === "docker") return name;
  throw new UsageError(`${given} takes local or docker, not "${name}".`);
}

function readNetwork(name: string | undefined): SandboxNetwork | undefined {
  const network = SandboxNetwork.optional().safeParse(name);
  if (network.success) return network.data;
  throw new UsageError(`--network takes none or bridge, not "${name}".`);
}
