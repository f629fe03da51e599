import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { Play } from "./mockModel.ts";

/** The mock model, running beside us. Disposing ends it. */
export interface MockModel extends AsyncDisposable {
  readonly baseUrl: string;
  readonly pid: number;
  begin(steps: number, workspace: string): Promise<void>;
  report(): Promise<Play>;
}

export async function startMockModel(): Promise<MockModel> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "mockModel.ts")], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  const url = `http://127.0.0.1:${line.trim()}`;
  return {
    baseUrl: `${url}/v1`,
    pid: child.pid ?? 0,
    begin: async (steps, workspace) => void (await fetch(`${url}/begin`, { method: "POST", body: JSON.stringify({ steps, workspace }) })),
    report: async () => (await (await fetch(`${url}/report`)).json()) as Play,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await once(child, "exit");
    },
  };
}
