import { readFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { Part, Row } from "./row.ts";

interface Limit {
  readonly name: string;
  readonly path: string | readonly string[];
  /** Such as `180 kB`. */
  readonly limit: string;
}

/** How large the bundles are when packed, beside the limits of `npm run check`. */
export async function measureBundles(root: string): Promise<Part> {
  const limits = JSON.parse(await readFile(path.join(root, ".size-limit.json"), "utf8")) as Limit[];
  const rows = limits.map(async ({ name, path: files, limit }): Promise<Row> => {
    const sizes = await Promise.all([files].flat().map(async (file) => gzipSync(await readFile(path.join(root, file)), { level: 9 }).length));
    const size = sizes.reduce((total, bytes) => total + bytes, 0) / 1000;
    return { name, unit: "kB", ours: { median: size, least: size, most: size }, target: { atMost: Number.parseFloat(limit) } };
  });
  return { title: "Bundles (gzip)", rows: await Promise.all(rows), notes: [], problems: [] };
}
