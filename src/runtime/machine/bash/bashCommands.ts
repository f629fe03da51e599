import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { BashCommand, BashEvent, BashOutput, BashRequest, BashSearch, Page } from "../../../protocol/agentServer/base.ts";
import { killOrphans } from "../endShells.ts";
import { markVariable, shellEnvironment, terminalMark, withoutSecrets } from "../environment.ts";
import { PrivateFolder } from "../privateFolder.ts";
import { BashEventLog } from "./bashEventLog.ts";
import { type BashPart, graceAtEndMs, runBash } from "./bashRun.ts";

export interface BashCommandsOptions {
  /** Where a command works that says no folder. */
  readonly workingDir: string;
  /** Where events are kept from one server to the next; without it they end with this one. */
  readonly eventsDir?: string | undefined;
  readonly retentionMs?: number | undefined;
}

/**
 * Single commands outside the terminal, each by the system's shell, and the events that tell of them. Disposing ends all that runs, within two
 * seconds, and what has left its group too.
 */
export interface BashCommands extends AsyncDisposable {
  /** How many run now. */
  readonly running: number;
  /** Resolves when it has been started; `end` with the last part of its output. */
  start(request: BashRequest): Promise<{ readonly command: BashCommand; readonly end: Promise<BashOutput> }>;
  search(wanted: BashSearch): Promise<Page<BashEvent>>;
  get(id: string): Promise<BashEvent | undefined>;
  /** Hears of each event after it is kept. Must not throw. */
  listen(listener: (event: BashEvent) => void): Disposable;
  /** Forgets all events, and tells how many there were. */
  clear(): Promise<number>;
}

export async function openBashCommands(options: BashCommandsOptions): Promise<BashCommands> {
  const folder = await PrivateFolder.open();
  const log = await BashEventLog.open({ folder: options.eventsDir ?? folder.pathOf("bash_events"), retentionMs: options.retentionMs });
  const env = environmentIn(folder);
  const closed = new AbortController();
  const running = new Set<Promise<BashOutput>>();
  const listeners = new Listeners();
  const now = clock();
  let starting = 0;
  let disposing: Promise<void> | undefined;
  return {
    get running() {
      return starting + running.size;
    },
    start: async (request) => {
      const command = commandOf(request, now());
      starting++;
      try {
        await log.append(command);
      } finally {
        starting--;
      }
      listeners.tell(command);
      const end = run(command);
      running.add(end);
      void end.finally(() => running.delete(end));
      return { command, end };
    },
    search: (wanted) => log.search(wanted),
    get: (id) => log.get(id),
    listen: (listener) => listeners.add(listener),
    clear: () => log.clear(),
    [Symbol.asyncDispose]: () => (disposing ??= dispose()),
  };

  async function run({ id, command, cwd, timeout }: BashCommand): Promise<BashOutput> {
    let order = 0;
    const tell = async (part: Omit<Partial<BashOutput>, "kind">): Promise<BashOutput> => {
      const output = { ...nothing, ...part, kind: "BashOutput" as const, id: newId(), timestamp: now(), command_id: id, order: order++ };
      // Because a full disk must not lose the answer to who waits for it; the event is missing then.
      await log.append(output).catch(() => undefined);
      listeners.tell(output);
      return output;
    };
    const told = async (part: BashPart): Promise<void> => void (await tell(part));
    const task = { command, cwd: cwd ?? options.workingDir, env, timeoutMs: timeout * 1000, signal: closed.signal };
    const { stdout, stderr, exitCode } = await runBash(task, told);
    return tell({ stdout: stdout || null, stderr: stderr || null, exit_code: exitCode });
  }

  async function dispose(): Promise<void> {
    closed.abort();
    const ended = Promise.all(running);
    await Promise.race([ended, delay(graceAtEndMs, undefined, { ref: false })]);
    // What has left its group may still hold the pipes that the others are waited for by.
    await killOrphans([terminalMark(folder.name)]);
    await ended;
    await folder[Symbol.asyncDispose]();
  }
}

class Listeners {
  readonly #listeners = new Set<(event: BashEvent) => void>();

  add(listener: (event: BashEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  tell(event: BashEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function environmentIn(folder: PrivateFolder): Record<string, string> {
  const own = process.env["AI_AGENT"];
  const agent = own === undefined ? {} : { AI_AGENT: own };
  return { ...shellEnvironment(withoutSecrets(process.env)), ...agent, [markVariable]: folder.name };
}

const nothing = { exit_code: null, stdout: null, stderr: null };

function commandOf({ command, cwd, timeout }: BashRequest, timestamp: string): BashCommand {
  return { kind: "BashCommand", id: newId(), timestamp, command, cwd: cwd ?? null, timeout };
}

function newId(): string {
  return randomUUID().replaceAll("-", "");
}

/** Never goes back, also when the machine's clock does, because events are sorted by it. */
function clock(): () => string {
  let last = 0;
  return () => {
    last = Math.max(last, Date.now());
    return new Date(last).toISOString();
  };
}
