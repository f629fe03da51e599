import { readFile } from "node:fs/promises";
import path from "node:path";
import { root } from "./checkout.ts";

export interface ServerExamples {
  readonly requests: string;
  readonly git: string;
  readonly agent: string;
}

/** The shell examples of sandbox-server's README, as a person would copy them; `git` and `agent` go on from `requests`. */
export async function serverExamples(): Promise<ServerExamples> {
  const text = await readFile(path.join(root, "sandbox-server", "README.md"), "utf8");
  const [, requests = "", git = "", agent = ""] = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, code = ""]) => code);
  return { requests, git, agent };
}
