import { createContext, Script } from "node:vm";

/**
 * The same work, cut off after so long with a `TookTooLong`, also within a regular expression that takes for ever on some text. Nothing else happens in
 * this process meanwhile.
 */
export function timeLimited(timeoutMs: number, work: () => void): () => void {
  const context = createContext({ work });
  const script = new Script("work()");
  return () => {
    try {
      script.runInContext(context, { timeout: timeoutMs });
    } catch (cause) {
      if (!isTimeout(cause)) throw cause;
      throw new TookTooLong(`It was not done after ${timeoutMs} ms.`, { cause });
    }
  };
}

export class TookTooLong extends Error {
  override readonly name = "TookTooLong";
}

/** The error comes out of the other context, so that it is no Error of this one. */
function isTimeout(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
