import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** By then the first requests of a start are over. */
const afterMs = 1_000;

/** V8's own value, in collections. */
const usualCodeAge = 6;

/**
 * Gives back what loading the program has left, and the code of what runs only then, once, a second after the start: 5 of 84 MB. V8 itself would keep
 * it until the memory is short, and a machine with many sandboxes has as many of these. It costs about 10 ms.
 */
export function tidyMemorySoon(): void {
  setTimeout(() => {
    setFlagsFromString("--expose-gc");
    setFlagsFromString("--bytecode-old-age=1");
    // Only a new context has what the flag gives.
    runInNewContext("gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })");
    setFlagsFromString(`--bytecode-old-age=${usualCodeAge}`);
  }, afterMs).unref();
}
