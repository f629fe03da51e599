import { setFlagsFromString } from "node:v8";
import { serverApp } from "../src/server/app.ts";
import { serveStdio } from "../src/server/stdio.ts";
import { factsOf, openParts, type Serving } from "./parts.ts";
import { tidyMemorySoon } from "./tidyMemory.ts";

/** Serves on standard input and output until the input ends. */
export async function serveInput(serving: Serving): Promise<number> {
  // Because a flood of output would make the young generation grow by a hundred megabytes of what is no longer used, in a sandbox with a limit.
  setFlagsFromString("--semi-space-growth-factor=1");
  tidyMemorySoon();
  await using open = await openParts(serving);
  const app = serverApp({ ...open.parts, facts: factsOf() });
  await Promise.race([serveStdio(app, process.stdin, process.stdout), serving.ended]);
  return 0;
}
