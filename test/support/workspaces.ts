// Folders, conversations and hosts that a test makes and that are gone after it.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ConversationStore } from "../../src/conversation/store.ts";
import { Host, type HostOptions } from "../../src/host/host.ts";
import type { Llm } from "../../src/llm/llm.ts";
import type { Event } from "../../src/protocol/events.ts";
import { ConversationId } from "../../src/protocol/ids.ts";
import type { Log } from "../../src/protocol/log.ts";
import type { Notification } from "../../src/protocol/notifications.ts";
import type { ConfirmationPolicy, ConversationStart, ExecutionStatus } from "../../src/protocol/state.ts";
import { type MemoryOptions, openMemoryRuntime } from "../../src/runtime/memory/memoryRuntime.ts";

export interface TempFolder extends AsyncDisposable {
  readonly path: string;
}

/** A folder with these files in it, by relative path. */
export async function tempFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<TempFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), "openhands-test-"));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

export interface SmallDisk extends TempFolder {
  fill(): void;
  /** Takes away what filled it. */
  free(): Promise<void>;
}

/** A disk of 64 kB, or undefined where this user may not have one: only root mounts. */
export async function smallDisk(): Promise<SmallDisk | undefined> {
  const folder = await tempFolder();
  try {
    execFileSync("/bin/mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder.path], { stdio: "ignore" });
  } catch {
    await folder[Symbol.asyncDispose]();
    return undefined;
  }
  const filler = path.join(folder.path, "filler");
  return {
    path: folder.path,
    fill: () => {
      try {
        writeFileSync(filler, Buffer.alloc(100_000));
      } catch {
        // It is full now.
      }
    },
    free: () => rm(filler),
    async [Symbol.asyncDispose]() {
      execFileSync("/bin/umount", ["--lazy", folder.path]);
      await folder[Symbol.asyncDispose]();
    },
  };
}

export const quietLog: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export const newId = (): ConversationId => ConversationId.parse(randomUUID());

/** What a new conversation of a test is given, unless told otherwise. */
export function startOf(given: Partial<ConversationStart> = {}): ConversationStart {
  return {
    id: newId(),
    working_dir: "/workspace",
    llm: { model: "played" },
    confirmation_policy: { kind: "NeverConfirm" },
    max_iterations: 20,
    ...given,
  };
}

export interface TestHostOptions extends Omit<MemoryOptions, "workingDir"> {
  readonly llm?: Llm;
  readonly policy?: ConfirmationPolicy;
  readonly maxSteps?: number;
  /** The store's folder; without it a fresh one that is removed at the end. */
  readonly storeFolder?: string;
  /** An old conversation to go on with; without it a new one is made. */
  readonly id?: ConversationId;
  readonly host?: Partial<HostOptions>;
}

export interface TestHost extends AsyncDisposable {
  readonly host: Host;
  readonly id: ConversationId;
  readonly storeFolder: string;
  /** Everything that a door has heard so far. */
  readonly heard: Notification[];
  events(): Event[];
  send(text: string): Promise<void>;
  /** Resolves at the first notification, past or to come, that fits. */
  until(fits: (notification: Notification) => boolean): Promise<Notification>;
  untilStatus(status: ExecutionStatus): Promise<void>;
  /** The door listens no more. */
  leave(): void;
}

/** A host over a real store and a runtime in memory, with one conversation that somebody listens to. */
export async function openTestHost(options: TestHostOptions = {}): Promise<TestHost> {
  const folder = options.storeFolder === undefined ? await tempFolder() : undefined;
  const storeFolder = options.storeFolder ?? folder?.path ?? "";
  const host = new Host({
    store: new ConversationStore(storeFolder),
    openLlm: async () => options.llm ?? Promise.reject(new Error("This test has no model.")),
    openRuntime: async ({ workingDir }) => openMemoryRuntime({ ...options, workingDir }),
    log: quietLog,
    ...options.host,
  });
  const id = options.id ?? newId();
  if (options.id === undefined) await host.handle({ type: "conversation.create", start: startFor(id, options) });
  const door = new Door();
  const listening = await host.subscribe(id, -1, (notification) => door.hear(notification));
  return {
    host,
    id,
    storeFolder,
    heard: door.heard,
    events: () => door.heard.flatMap((heard) => (heard.type === "event.appended" ? [heard.event] : [])),
    send: (text) => host.handle({ type: "message.send", conversationId: id, text }),
    until: (fits) => door.until(fits),
    untilStatus: async (status) => void (await door.until((heard) => isStatus(heard, status))),
    leave: () => listening[Symbol.dispose](),
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await folder?.[Symbol.asyncDispose]();
    },
  };
}

function startFor(id: ConversationId, { policy, maxSteps }: TestHostOptions): ConversationStart {
  return startOf({
    id,
    ...(policy ? { confirmation_policy: policy } : {}),
    ...(maxSteps === undefined ? {} : { max_iterations: maxSteps }),
  });
}

function isStatus(heard: Notification, status: ExecutionStatus): boolean {
  if (heard.type !== "event.appended" || heard.event.kind !== "ConversationStateUpdateEvent") return false;
  return heard.event.key === "execution_status" && heard.event.value === status;
}

class Door {
  readonly heard: Notification[] = [];
  #waiting: { readonly fits: (notification: Notification) => boolean; readonly resolve: (notification: Notification) => void }[] = [];

  hear(notification: Notification): void {
    this.heard.push(notification);
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ fits }) => !fits(notification));
    for (const { fits, resolve } of waiting) if (fits(notification)) resolve(notification);
  }

  until(fits: (notification: Notification) => boolean): Promise<Notification> {
    const past = this.heard.find(fits);
    if (past) return Promise.resolve(past);
    const { promise, resolve } = Promise.withResolvers<Notification>();
    this.#waiting.push({ fits, resolve });
    return promise;
  }
}
