import { serverApp } from "../src/server/app.ts";
import { serveStdio } from "../src/server/stdio.ts";
import { factsOf, openParts, type Serving } from "./parts.ts";

/** Serves on standard input and output until the input ends. */
export async function serveInput(serving: Serving): Promise<number> {
  await using open = await openParts(serving);
  const app = serverApp({ ...open.parts, facts: factsOf() });
  await Promise.race([serveStdio(app, process.stdin, process.stdout), serving.ended]);
  return 0;
}
