import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** By then the first requests of a start are over. */
const afterMs = 1_000;

/**
 * Gives back what loading the program has left, once, a second after the start: 4 of 72 MB. V8 itself would keep it until the memory is short, and
 * a machine with many sandboxes has as many of these. It costs about 10 ms.
 */
export function tidyMemorySoon(): void {
  setTimeout(() => {
    setFlagsFromString("--expose-gc");
    // Only a new context has what the flag gives.
    runInNewContext("gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })");
  }, afterMs).unref();
}
