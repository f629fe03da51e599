import { globSync } from "node:fs";
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

/** How large the bundles are when packed, with the parts that they were split into, beside the limits of `npm run check`. */
export async function measureBundles(root: string): Promise<Part> {
  const limits = JSON.parse(await readFile(path.join(root, ".size-limit.json"), "utf8")) as Limit[];
  const rows = limits.map(async ({ name, path: patterns, limit }): Promise<Row> => {
    const files = new Set([patterns].flat().flatMap((pattern) => globSync([pattern, pattern.replace(/\.js$/, "-*.js")], { cwd: root })));
    const sizes = await Promise.all([...files].map(async (file) => gzipSync(await readFile(path.join(root, file)), { level: 9 }).length));
    const size = sizes.reduce((total, bytes) => total + bytes, 0) / 1000;
    return { name, unit: "kB", ours: { median: size, least: size, most: size }, target: { atMost: Number.parseFloat(limit) } };
  });
  return { title: "Bundles (gzip)", rows: await Promise.all(rows), notes: [], problems: [] };
}
