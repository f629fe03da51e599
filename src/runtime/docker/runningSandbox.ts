import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { Log } from "../../protocol/log.ts";
import type { RuntimeInfo, TerminalResult } from "../../protocol/runtime.ts";
import { type DockerRef, type LeftOut, type SandboxNetwork, sandboxWall } from "../../protocol/sandbox.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { RemoteRuntime } from "../remote/remoteRuntime.ts";
import type { PersonTerminal, RuntimeError } from "../runtime.ts";
import type { Review } from "../workspaceCopy/review.ts";
import { statusOf } from "./engineAnswers.ts";
import { explained } from "./explained.ts";
import type { Life } from "./life.ts";
import { networkNotice, type OwnNetwork, removeNetwork, switchNetwork } from "./network.ts";
import type { Sandbox } from "./sandboxes.ts";

export interface SandboxListener {
  /** Its network is another, or it is lost. */
  readonly onChange: () => void;
  /** It was disposed. */
  readonly onEnded: () => void;
}

export interface SandboxParts {
  readonly container: Docker.Container;
  readonly runtime: RemoteRuntime;
  readonly life: Life;
  readonly ref: DockerRef;
  /** There while it has one. */
  readonly network: OwnNetwork;
  readonly leftOut: LeftOut;
  readonly review: (Review & AsyncDisposable) | undefined;
  readonly listener: SandboxListener;
  readonly log: Log;
}

/** The sandbox of a container that runs. */
export function runningSandbox(parts: SandboxParts): Sandbox {
  const { container, runtime, life, listener, log } = parts;
  life.lost.addEventListener("abort", listener.onChange, { once: true });
  let { ref } = parts;
  let notices: string[] = [];
  let disposing: Promise<void> | undefined;
  const why = (): Promise<RuntimeError | undefined> => life.cause();
  const told = explained(runtime, why);
  const withNotice = (result: TerminalResult): TerminalResult => {
    if (notices.length === 0) return result;
    const notice = [...notices, result.notice ?? []].flat().join(" ");
    notices = [];
    return { ...result, notice };
  };
  const terminal: PersonTerminal = {
    ...runtime.terminal,
    run: async (request, options) => withNotice(await runtime.terminal.run(request, options)),
  };
  return {
    get info() {
      return { ...runtime.info, ...wallOf(ref) };
    },
    get ref() {
      return ref;
    },
    terminal: explained(terminal, why),
    files: explained(runtime.files, why),
    search: explained(runtime.search, why),
    commands: runtime.commands && explained(runtime.commands, why),
    lost: life.lost,
    review: parts.review && explained(parts.review, why),
    leftOut: parts.leftOut,
    openShell: (size) => told.openShell(size),
    terminals: (signal) => told.terminals(signal),
    setNetwork: async (network: SandboxNetwork, signal) => {
      signal.throwIfAborted();
      if (network === ref.network) return;
      await switchNetwork(parts.network, container.id, network);
      ref = { ...ref, network };
      notices.push(networkNotice(network));
      listener.onChange();
    },
    [Symbol.asyncDispose]: () => (disposing ??= dispose()),
  };

  async function dispose(): Promise<void> {
    life[Symbol.dispose]();
    await parts.review?.[Symbol.asyncDispose]();
    await runtime[Symbol.asyncDispose]();
    await removeContainer(container, log);
    if (ref.network !== "none") await removeNetwork(parts.network);
    listener.onEnded();
  }
}

const removalMs = 5_000;
const pollMs = 20;

/**
 * Resolves when the container is gone, whatever state it was in. Never rejects, and gives up after five seconds: one that could not be removed
 * ends by itself with its input, and a sweep finds what is left.
 */
export async function removeContainer(container: Docker.Container, log: Log): Promise<void> {
  const late = AbortSignal.timeout(removalMs);
  const options = { force: true, v: true, abortSignal: late };
  try {
    for (;;) {
      const status = await container.remove(options).then(() => 404, statusOf);
      if (status === 404) return;
      // It is removing itself: that is not done yet.
      if (status !== 409) throw new Error(`HTTP ${status}`);
      await sleep(pollMs, undefined, { signal: late });
    }
  } catch (error) {
    log.warn("a sandbox's container could not be removed", { error: messageOf(error) });
  }
}

function wallOf(ref: DockerRef): Pick<RuntimeInfo, "wall" | "hasNetwork"> {
  return { wall: sandboxWall(ref), hasNetwork: ref.network !== "none" };
}
