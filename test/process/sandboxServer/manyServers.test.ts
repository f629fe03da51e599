import { deepEqual, equal, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { openStores } from "../../../src/server/settings/openStores.ts";
import { tempFolder } from "../../support/workspaces.ts";

/** One file of the program and all that it imports, because that starts several times faster. */
async function bundled(folder: string): Promise<string> {
  const outfile = path.join(folder, "program.mjs");
  const entry = path.join(import.meta.dirname, "fixtures", "changeSettings.ts");
  const banner = { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' };
  await build({ entryPoints: [entry], outfile, bundle: true, platform: "node", format: "esm", banner });
  return outfile;
}

/** The numbers of the changes that were acknowledged; killed after `killAt` of them. */
async function changes(args: readonly string[], killAt = Number.POSITIVE_INFINITY): Promise<number[]> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  const numbers: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    numbers.push(Number(line));
    if (numbers.length === killAt) child.kill("SIGKILL");
  }
  await closed;
  return numbers;
}

describe("several servers on one data folder", function () {
  this.slow(60_000);

  it("lose no change of each other, and tear no file", async () => {
    await using folder = await tempFolder();
    const program = await bundled(folder.path);
    const data = path.join(folder.path, "data");
    const names = ["a", "b", "c"];
    const all = await Promise.all(names.map(async (name) => changes([program, data, name, "0", "25"])));
    deepEqual(
      all.map((numbers) => numbers.length),
      [25, 25, 25],
    );
    const { settings, secrets, profiles } = openStores(data, "the key");
    const { misc_settings: misc, active_profile: active } = await settings.read();
    for (const name of names) equal(Object.keys(Object(misc[name])).length, 25);
    equal((await secrets.list()).length, 9);
    equal(await secrets.value("b_1"), "value 22");
    deepEqual([await profiles.list(), active], [[], null]);
    deepEqual((await readdir(data)).toSorted(), ["profiles", "secrets.json", "settings.json"]);
  });

  it("go on where one of them was killed, with all that it acknowledged", async () => {
    await using folder = await tempFolder();
    const program = await bundled(folder.path);
    const data = path.join(folder.path, "data");
    let next = 0;
    for (let round = 0; round < 12; round++) {
      const other = changes([program, data, "other", String(round * 5), "5"]);
      const acknowledged = await changes([program, data, "killed", String(next), "1000"], 1 + (round % 4));
      await other;
      const text = await readFile(path.join(data, "settings.json"), "utf8");
      const { killed, other: others } = JSON.parse(text).misc_settings;
      for (const number of acknowledged) ok(number in killed, `round ${round}: ${number} was acknowledged`);
      equal(Object.keys(others).length, (round + 1) * 5);
      next = Object.keys(killed).length;
    }
  });
});
