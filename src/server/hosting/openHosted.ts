import { randomBytes } from "node:crypto";
import type { Conversation } from "../../conversation/conversation.ts";
import { ConversationStore, type StoreOptions } from "../../conversation/store.ts";
import type { AgentParts } from "../../host/agentParts.ts";
import { Host, type HostOptions } from "../../host/host.ts";
import type { Llm } from "../../llm/llm.ts";
import type { LlmConfig } from "../../protocol/agentServer/agent.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { Reach } from "../mcp/addresses.ts";
import { cipherOf } from "../secrets/cipher.ts";
import { agentPartsOf } from "./agentParts.ts";
import { Hosting, type HostingOptions } from "./hosting.ts";
import { Metas } from "./meta.ts";
import { SecretValues, secretSourcesOf } from "./secretValues.ts";
import { StoreSight } from "./sight.ts";
import { Titles } from "./titles.ts";
import { Turns } from "./turns.ts";

export interface HostedOptions
  extends Pick<HostOptions, "home" | "openLlm" | "openRuntime" | "idleMs">,
    Pick<HostingOptions, "lookups" | "cipher" | "runtime" | "workspace" | "worktreeRoot" | "mostConversations" | "log"> {
  /** The folder of the logs. */
  readonly root: string;
  readonly store?: StoreOptions;
  /** So many conversations work at once, and others wait; absent: all do. */
  readonly mostRuns?: number | undefined;
  /** Which addresses secrets may be looked up at. */
  readonly reach: Reach;
  /** A model for what is beside the work, such as titles. */
  readonly openModel: (config: LlmConfig) => Promise<Llm>;
}

export interface Hosted extends AsyncDisposable {
  readonly hosting: Hosting;
  readonly store: ConversationStore;
}

/** A host of its own whose agents are those that clients ask for, with what is kept beside its logs. */
export function openHosted(options: HostedOptions): Hosted {
  const { root, store: storeOptions, openModel, home, openLlm, openRuntime, idleMs, lookups, cipher, log } = options;
  const sight = new StoreSight();
  // Without a key of the person's, one that ends with this process: what is on the disk is then of no use to anybody.
  const metas = new Metas(root, cipher ?? cipherOf(randomBytes(32).toString("hex")));
  const titles = new Titles({ metas, lookups, openModel, log });
  const store = new ConversationStore(root, { ...storeOptions, watch: (conversation) => watched(conversation, sight, titles) });
  sight.store = store;
  const values = new SecretValues({ secret: lookups.secret, reach: options.reach, log });
  const ending = new AbortController();
  const agentOf = async (id: ConversationId): Promise<AgentParts> => {
    const meta = await metas.get(id);
    return meta === undefined ? {} : agentPartsOf(meta, await values.of(secretSourcesOf(meta), ending.signal));
  };
  const turns = options.mostRuns === undefined ? undefined : new Turns(options.mostRuns);
  const host = new Host({
    store,
    ...(turns && { takeTurn: (signal) => turns.take(signal) }),
    openLlm,
    openRuntime,
    agentOf,
    // Their client is large, and few agents have servers.
    openToolSource: async (needs) => new (await import("../mcp/mcpSource.ts")).McpSource(needs, options.reach),
    log,
    ...(home && { home }),
    ...(idleMs === undefined ? {} : { idleMs }),
  });
  const { runtime, workspace, worktreeRoot, mostConversations } = options;
  const fork: ConversationStore["fork"] = (...asked) => store.fork(...asked);
  const hosting = new Hosting({
    host,
    sight,
    metas,
    fork,
    lookups,
    cipher,
    root,
    runtime,
    workspace,
    worktreeRoot,
    mostConversations,
    log,
  });
  return {
    hosting,
    store,
    [Symbol.asyncDispose]: async () => {
      ending.abort(new Error("The server ends."));
      await Promise.all([titles[Symbol.asyncDispose](), hosting.goals[Symbol.asyncDispose]()]);
      hosting.logs[Symbol.dispose]();
      await host[Symbol.asyncDispose]();
    },
  };
}

function watched(conversation: Conversation, sight: StoreSight, titles: Titles): Disposable {
  const seeing = sight.watch(conversation);
  const hearing = conversation.onAppended((event) => titles.hear(conversation, event));
  return {
    [Symbol.dispose]: () => {
      hearing[Symbol.dispose]();
      seeing[Symbol.dispose]();
    },
  };
}
