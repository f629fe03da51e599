import type { LateRoutes } from "../src/server/app.ts";
import type { Serving } from "./parts.ts";
import type { ServedApp } from "./servedApp.ts";

export interface LateApp extends AsyncDisposable {
  /** Begun by the first call. */
  open(): Promise<ServedApp>;
  /** Rejects when it could not be opened; never resolves. */
  readonly failed: Promise<never>;
}

/** What answers requests, read and opened when the server listens already: so it says sooner that it lives. */
export function lateApp(serving: Serving, late: LateRoutes): LateApp {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  // Whoever serves waits for it; until then it is no fault that nobody hears of it.
  failed.catch(() => undefined);
  let opening: Promise<ServedApp> | undefined;
  const openFirst = async (): Promise<ServedApp> => {
    try {
      return await (await import("./servedApp.ts")).openServedApp(serving, late);
    } catch (error) {
      reject(error);
      throw error;
    }
  };
  return {
    open: () => (opening ??= openFirst()),
    failed,
    [Symbol.asyncDispose]: async () => (await opening?.catch(() => undefined))?.[Symbol.asyncDispose](),
  };
}
