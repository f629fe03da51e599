import Docker from "dockerode";
import { messageOf } from "../../protocol/thrown.ts";
import { RuntimeError } from "../runtime.ts";

export interface EngineOptions {
  readonly dockerHost: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The engine, once it has answered. Rejects with RuntimeError `unreachable`. */
export async function connectEngine({ dockerHost }: EngineOptions): Promise<Docker> {
  const socketPath = (dockerHost || "unix:///var/run/docker.sock").replace(/^unix:\/\//, "");
  const docker = new Docker({ socketPath });
  try {
    await docker.ping();
  } catch (cause) {
    throw new RuntimeError("unreachable", `No Docker engine answers at ${socketPath} (${messageOf(cause)}).`, { cause });
  }
  return docker;
}
