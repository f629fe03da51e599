import path from "node:path";

/** The folder of this checkout, absolute. */
export const root = path.resolve(import.meta.dirname, "../..");
