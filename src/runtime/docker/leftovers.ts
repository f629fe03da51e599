import type Docker from "dockerode";
import { ConversationId } from "../../protocol/ids.ts";
import { ofHost } from "./labels.ts";
import type { ListedSandbox } from "./sandboxes.ts";

/** A container, a network or a volume of a sandbox. */
export interface Leftover {
  readonly kind: "container" | "network" | "volume";
  readonly id: string;
  readonly conversationId: ConversationId;
  readonly createdAt: string;
  /** The process that made it; NaN when it does not say. */
  readonly owner: number;
  /** Of a container; a paused one counts too. */
  readonly isRunning: boolean;
  /** Of a container: its image by content. */
  readonly imageId: string;
}

/** All that is of sandboxes of this host on the engine. What does not say of which conversation is none of them. */
export async function findLeftovers(docker: Docker, hostId: string, signal: AbortSignal): Promise<Leftover[]> {
  const filters = ofHost(hostId);
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters, abortSignal: signal }),
    docker.listNetworks({ filters, abortSignal: signal }),
    docker.listVolumes({ filters, abortSignal: signal }),
  ]);
  return [
    ...containers.flatMap(({ Id: id, Labels, State, ImageID: imageId }) =>
      leftover({ kind: "container", id, isRunning: State === "running" || State === "paused", imageId }, Labels),
    ),
    ...networks.flatMap(({ Id: id, Labels }) => leftover({ kind: "network", id, isRunning: false, imageId: "" }, Labels)),
    // Docker says null when there is none.
    ...(volumes.Volumes ?? []).flatMap(({ Name: id, Labels }) => leftover({ kind: "volume", id, isRunning: false, imageId: "" }, Labels)),
  ];
}

type Found = Pick<Leftover, "kind" | "id" | "isRunning" | "imageId">;

function leftover(found: Found, labels: Readonly<Record<string, string>> | null | undefined): Leftover[] {
  const session = ConversationId.safeParse(labels?.["session"]);
  const [createdAt = "", owner = ""] = [labels?.["created"], labels?.["owner"]];
  return session.success ? [{ ...found, conversationId: session.data, createdAt, owner: Number.parseInt(owner, 10) }] : [];
}

/** One for each conversation, the newest first. */
export async function listSandboxes(docker: Docker, hostId: string, signal: AbortSignal): Promise<ListedSandbox[]> {
  const [all, images] = await Promise.all([findLeftovers(docker, hostId, signal), docker.listImages({ abortSignal: signal })]);
  const names = new Map(images.map(({ Id, RepoTags: tags }) => [Id, tags?.[0] ?? Id]));
  return [...Map.groupBy(all, ({ conversationId }) => conversationId)]
    .map(([conversationId, parts]) => listed(conversationId, parts, names))
    .toSorted((one, other) => other.createdAt.localeCompare(one.createdAt));
}

function listed(conversationId: ConversationId, parts: readonly Leftover[], names: ReadonlyMap<string, string>): ListedSandbox {
  const container = parts.find(({ kind }) => kind === "container");
  return {
    conversationId,
    image: names.get(container?.imageId ?? "") ?? container?.imageId ?? "",
    isRunning: container?.isRunning ?? false,
    createdAt: parts.map(({ createdAt }) => createdAt).toSorted()[0] ?? "",
    hasWorkspace: parts.some(({ kind }) => kind === "volume"),
  };
}
