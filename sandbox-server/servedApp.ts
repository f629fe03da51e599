import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type LateRoutes, serverApp } from "../src/server/app.ts";
import { factsOf, type OpenParts, openParts, type Serving } from "./parts.ts";

export interface ServedApp extends AsyncDisposable {
  readonly app: ReturnType<typeof serverApp>;
  readonly openBash: OpenParts["parts"]["openBash"];
}

/** All that is answered on a port, with the tools of this machine. Rejects when they cannot be had. */
export async function openServedApp(serving: Serving, late: LateRoutes): Promise<ServedApp> {
  const open = await openParts(serving);
  const app = serverApp({ ...open.parts, facts: factsOf(), staticFolder: await staticFolder(), late });
  return { app, openBash: open.parts.openBash, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() };
}

/** Of a web UI; one that is not there is none, as for the official server. */
async function staticFolder(): Promise<string | undefined> {
  const folder = process.env["OH_STATIC_FILES_PATH"];
  const found = folder ? await stat(folder).catch(() => undefined) : undefined;
  return folder !== undefined && found?.isDirectory() ? resolve(folder) : undefined;
}
