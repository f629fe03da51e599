import { deepEqual, equal, match } from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cipherOf } from "../../../../src/server/secrets/cipher.ts";
import { serveStores } from "../../../support/servedStores.ts";
import { tempFolder } from "../../../support/workspaces.ts";

const at = "/api/settings/secrets";

describe("secrets of a server", () => {
  it("§2.7 go in by name, are listed without their values, and come out as plain text", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path, { secretKey: "the key" });
    deepEqual((await ask("GET", at)).body, { secrets: [] });
    const put = await ask("PUT", at, { name: "GITHUB_TOKEN", value: " gh-planted\n", description: "For pull requests" });
    deepEqual(put, { status: 200, body: { name: "GITHUB_TOKEN", description: "For pull requests" } });
    await ask("PUT", at, { name: "b", value: '{"json": 1}' });
    deepEqual((await ask("GET", at)).body.secrets, [
      { name: "GITHUB_TOKEN", description: "For pull requests" },
      { name: "b", description: null },
    ]);
    const restarted = serveStores(folder.path, { secretKey: "the key" });
    deepEqual(await restarted.ask("GET", `${at}/GITHUB_TOKEN`), { status: 200, body: " gh-planted\n" });
    deepEqual(await restarted.ask("GET", `${at}/b`), { status: 200, body: '{"json": 1}' });
    deepEqual(await ask("DELETE", `${at}/b`), { status: 200, body: { deleted: true } });
    for (const method of ["GET", "DELETE"]) equal((await ask(method, `${at}/b`)).status, 404);
    await ask("PUT", at, { name: "GITHUB_TOKEN", value: "new" });
    equal((await ask("GET", `${at}/GITHUB_TOKEN`)).body, "new");
  });

  it("§2.7 refuse a name that is none with 422, and repeat no value (§10.26)", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path, { secretKey: "the key" });
    for (const name of ["1A", "A-B", "", "A".repeat(65), "../x", "A B"]) {
      const { status, body } = await ask("PUT", at, { name, value: "planted" });
      deepEqual([status, JSON.stringify(body).includes("planted")], [422, false], name);
      if (name !== "" && !name.includes("/")) equal((await ask("GET", `${at}/${encodeURIComponent(name)}`)).status, 422);
    }
    equal((await ask("PUT", at, { name: "A".repeat(64), value: "x" })).status, 200);
    const wrong = await ask("PUT", at, { name: "A", value: { planted: "planted" } });
    deepEqual([wrong.status, JSON.stringify(wrong.body).includes("planted")], [422, false]);
    const number = await ask("PUT", at, { name: "A", value: 12_345 });
    deepEqual([number.status, JSON.stringify(number.body).includes("12345")], [422, false]);
    for (const name of ["constructor", "toString", "hasOwnProperty"]) equal((await ask("GET", `${at}/${name}`)).status, 404);
  });

  it("§10.29 may be tokens themselves: the server's own is decrypted, another's stays", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path, { secretKey: "the key" });
    const foreign = cipherOf("another key").encrypt("x");
    for (const [value, kept] of [
      [cipherOf("the key").encrypt("planted"), "planted"],
      [foreign, foreign],
      ["", ""],
    ]) {
      await ask("PUT", at, { name: "A", value });
      equal((await serveStores(folder.path, { secretKey: "the key" }).ask("GET", `${at}/A`)).body, kept);
    }
  });

  it("keep a damaged file, and say so", async () => {
    await using folder = await tempFolder();
    await writeFile(join(folder.path, "secrets.json"), "{");
    const { ask } = serveStores(folder.path, { secretKey: "the key" });
    const { status, body } = await ask("PUT", at, { name: "A", value: "a" });
    equal(status, 409);
    match(body.detail, /secrets\.json/);
    equal((await ask("GET", at)).status, 409);
    equal(await readFile(join(folder.path, "secrets.json"), "utf8"), "{");
  });
});
