import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Whether a process with exactly these arguments is there. */
export async function processRuns(args: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "args"]);
  return stdout.split("\n").some((line) => line.trim() === args);
}
