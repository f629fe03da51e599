import { readFile } from "node:fs/promises";
import path from "node:path";
import { root } from "./checkout.ts";

/** The shell examples of sandbox-server's README in their order, as a person would copy them. */
export async function serverExamples(): Promise<string[]> {
  const text = await readFile(path.join(root, "sandbox-server", "README.md"), "utf8");
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, code = ""]) => code);
}
