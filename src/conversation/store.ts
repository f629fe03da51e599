import { access, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { ConversationId } from "../protocol/ids.ts";
import type { ConversationStart } from "../protocol/state.ts";
import { Conversation, type EventDraft } from "./conversation.ts";
import { ConversationError, notOpened } from "./conversationError.ts";
import { openEventLog } from "./eventLog.ts";
import { takeLease } from "./lease.ts";

/** The conversations below one folder: `<root>/<conversation id>/events.jsonl`, readable by the owner only. */
export class ConversationStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** A new conversation whose first events say what it was given. Rejects with `exists` when the id is taken. */
  async create(start: ConversationStart): Promise<Conversation> {
    if (await exists(this.#path(start.id))) throw new ConversationError("exists", `There is a conversation ${start.id} already.`);
    const conversation = await this.#open(start.id);
    try {
      await conversation.append(...startEvents(start));
    } catch (error) {
      await conversation[Symbol.asyncDispose]();
      throw error;
    }
    return conversation;
  }

  /** Rejects with `not-found`, or with `in-use` when another process writes to it. */
  async open(id: ConversationId): Promise<Conversation> {
    if (!(await exists(this.#path(id)))) throw new ConversationError("not-found", `There is no conversation ${id}.`);
    return this.#open(id);
  }

  /** The ids of all conversations, in no order. Folders with other names are passed over. */
  async ids(): Promise<ConversationId[]> {
    const names = await readdir(this.#root).catch(emptyWhenMissing);
    return names.flatMap((name) => ConversationId.safeParse(name).data ?? []);
  }

  async #open(id: ConversationId): Promise<Conversation> {
    const folder = join(this.#root, id);
    const lease = await openLease(folder);
    try {
      const { log, events } = await openEventLog(this.#path(id));
      return new Conversation(id, log, events, lease);
    } catch (error) {
      await lease[Symbol.asyncDispose]();
      throw error;
    }
  }

  #path(id: ConversationId): string {
    return join(this.#root, id, "events.jsonl");
  }
}

async function openLease(folder: string): Promise<AsyncDisposable> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return await takeLease(join(folder, "lease.json"));
  } catch (error) {
    throw notOpened(error);
  }
}

function startEvents(start: ConversationStart): EventDraft[] {
  const values: Record<string, unknown> = {
    id: start.id,
    workspace: { kind: "LocalWorkspace", working_dir: start.working_dir },
    agent: { kind: "Agent", llm: start.llm },
    confirmation_policy: start.confirmation_policy,
    max_iterations: start.max_iterations,
  };
  return Object.entries(values).map(([key, value]) => ({ kind: "ConversationStateUpdateEvent", source: "environment", key, value }));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function emptyWhenMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}
