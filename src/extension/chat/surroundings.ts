import { refusalThere } from "../../host/remote/starting.ts";
import type { ChatSession } from "../../protocol/chat.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { RuntimeRef } from "../../protocol/sandbox.ts";
import { wallWords } from "../sandboxes/newRuntime.ts";
import type { ChatParts } from "./chatParts.ts";

const sampleTasks = [
  "Explain what this project does and how it is built.",
  "Run the tests and fix what fails.",
  "Find a bug in the code and prove it with a test.",
];

type Readiness = ChatSession["readiness"];
type Surroundings = Pick<ChatParts, "models" | "workspace" | "drafts" | "sandboxes" | "servers" | "host">;

/** Why no task can begin here, in a sentence. */
export const refusals: Readonly<Record<Readiness, string | undefined>> = {
  ready: undefined,
  "no-folder": "Open a folder first: the agent works in it.",
  untrusted: "This folder is in Restricted Mode. Trust it to let an agent work in it.",
  "no-model": "Choose a model first: run OpenHands: Select Model…, or set its API key.",
};

/** Whether a task can begin here, or what it lacks. */
export async function readinessOf({
  workspace,
  models,
  servers,
}: Pick<Surroundings, "models" | "workspace" | "servers">): Promise<Readiness> {
  if (workspace.folder === undefined && servers.place === undefined) return "no-folder";
  if (!workspace.isTrusted) return "untrusted";
  const { current } = models;
  if (servers.place !== undefined && current !== undefined && refusalThere(current) !== undefined) return "no-model";
  return (await models.isReady()) ? "ready" : "no-model";
}

/** What is true around a chat that shows `conversationId`, which acts in `runtime` as far as that is known. */
export async function sessionOf(
  conversationId: ConversationId | null,
  runtime: RuntimeRef | undefined,
  surroundings: Surroundings,
): Promise<ChatSession> {
  const { models, workspace, drafts, sandboxes, servers, host } = surroundings;
  const server = conversationId === null ? servers.place?.name : host.serverOf?.(conversationId);
  const folders = server === undefined ? workspace.folders : [servers.place?.folder ?? ""];
  const running = conversationId === null ? undefined : sandboxes.running(conversationId);
  // The recorded task is for the sample folder of this machine.
  const [lacking, demoTask] = await Promise.all([readinessOf(surroundings), server === undefined ? workspace.demoTask() : undefined]);
  return {
    conversationId,
    // One that is on a server has its model there.
    readiness: lacking === "no-model" && server !== undefined && conversationId !== null ? "ready" : lacking,
    modelLabel: models.label,
    isDemo: models.isDemo,
    isDemoWorkspace: demoTask !== undefined,
    wall: server !== undefined ? `Server · ${server}` : runtime === undefined ? "" : wallWords(runtime, running),
    ...(server === undefined ? {} : { server }),
    mode: models.settings.confirm,
    workingDir: folders[0] ?? "",
    folders: [...folders],
    draft: drafts.get(conversationId),
    sampleTasks: demoTask === undefined ? sampleTasks : [demoTask],
    timezoneOffset: new Date().getTimezoneOffset(),
  };
}
