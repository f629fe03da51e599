// A folder of the person's, a sandbox-server child with a copy of it, and what the copy was made from.
import path from "node:path";
import type { MappedFolder } from "../../src/protocol/sandbox.ts";
import { MachineFiles } from "../../src/runtime/machine/machineFiles.ts";
import type { RemoteRuntime } from "../../src/runtime/remote/remoteRuntime.ts";
import { type CopyInOptions, copyIn } from "../../src/runtime/workspaceCopy/copyIn.ts";
import { openReview } from "../../src/runtime/workspaceCopy/openReview.ts";
import { openChildSandbox } from "./childSandbox.ts";
import { tempFolder } from "./workspaces.ts";

export interface CopiedWorkspace extends AsyncDisposable {
  /** The person's folder. */
  readonly own: string;
  /** The workspace in the sandbox. */
  readonly inside: string;
  readonly base: string;
  readonly folders: readonly MappedFolder[];
  readonly sandbox: RemoteRuntime;
  copy(options?: Partial<Pick<CopyInOptions, "signal" | "onProgress">>): ReturnType<typeof copyIn>;
  review(): ReturnType<typeof openReview>;
}

/** Nothing is copied yet. */
export async function copiedWorkspace(files: Readonly<Record<string, string | Uint8Array>>, signal: AbortSignal): Promise<CopiedWorkspace> {
  const own = await tempFolder(files);
  const inside = await tempFolder();
  const state = await tempFolder();
  const sandbox = await openChildSandbox(inside.path, signal);
  const folders: MappedFolder[] = [{ host: own.path, sandbox: "/workspace" }];
  const base = path.join(state.path, "base");
  const { workspace } = sandbox;
  return {
    own: own.path,
    inside: inside.path,
    base,
    folders,
    sandbox,
    copy: (options = {}) => copyIn({ folders, workspace, base, signal, ...options }),
    review: () => openReview({ base, folders, workspace, hostFiles: new MachineFiles() }),
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]();
      for (const folder of [own, inside, state]) await folder[Symbol.asyncDispose]();
    },
  };
}
