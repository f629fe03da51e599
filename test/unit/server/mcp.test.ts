import { deepEqual, equal, match, ok } from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { Hono } from "hono";
import { noLog } from "../../../src/protocol/log.ts";
import { readProcess } from "../../../src/runtime/machine/processes.ts";
import { addErrors } from "../../../src/server/answers.ts";
import { checkedFetch } from "../../../src/server/mcp/checkedFetch.ts";
import { addMcp } from "../../../src/server/mcp/mcpRoutes.ts";
import { Routes } from "../../../src/server/routes.ts";
import { cipherOf } from "../../../src/server/secrets/cipher.ts";
import { tempFolder } from "../../support/workspaces.ts";

const program = path.join(import.meta.dirname, "fixtures/mcpServer.ts");
const cipher = cipherOf("a-secret-key");

async function tryOut(body: object, inside = true) {
  const app = new Hono();
  addErrors(app, noLog);
  addMcp(new Routes(app), { reach: { inside }, cipher });
  const answer = await app.request("/api/mcp/test", { method: "POST", body: JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
}

const stdio = (how: string, more: object = {}) => ({ type: "stdio", command: process.execPath, args: [program, how], ...more });

/** The same protocol by HTTP: one answer of JSON to each message. */
async function serveMcp(seen: (authorization: string | undefined) => boolean): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => (text += part));
    request.on("end", () => {
      if (!seen(request.headers.authorization)) return response.writeHead(401).end("no");
      if (request.method !== "POST") return response.writeHead(405).end();
      const { id, method, params } = JSON.parse(text);
      if (id === undefined) return response.writeHead(202).end();
      const serverInfo = { name: "test", version: "1" };
      const result =
        method === "initialize"
          ? { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo }
          : { tools: [{ name: "over-http", inputSchema: { type: "object" } }] };
      return response.setHeader("content-type", "application/json").end(JSON.stringify({ jsonrpc: "2.0", id, result }));
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, server };
}

describe("trying an MCP server (agent-server protocol §2.9)", () => {
  it("tells the tools of a program, calls one, and gives it no secret but its own, which is not repeated", async () => {
    const server = stdio("well", { env: { TOKEN: cipher.encrypt("the-token-itself") } });
    const { status, body } = await tryOut({ server, tool_call: { name: "echo", arguments: { text: "hello" } } });
    equal(status, 200);
    const expected = {
      ok: true,
      tools: ["echo", "env"],
      tool_result: { is_error: false, text: "hello **********" },
      resolved_mcp_servers: null,
      oauth_state: null,
    };
    deepEqual(body, expected);
    process.env["OF_THE_TEST_API_KEY"] = "secret";
    const env = await tryOut({ server: { command: process.execPath, args: [program] }, tool_call: { name: "env" } });
    delete process.env["OF_THE_TEST_API_KEY"];
    ok(!env.body.tool_result.text.includes("OF_THE_TEST_API_KEY"));
  });

  it("says why there is none: what cannot be started, what dies, what does not answer", async () => {
    const missing = await tryOut({ server: { type: "stdio", command: "/no/such/program" } });
    deepEqual([missing.status, missing.body.ok, missing.body.error_kind], [200, false, "connection"]);
    match(missing.body.error, /ENOENT/);
    const dead = await tryOut({ server: stdio("dies", { env: { TOKEN: "planted-secret" } }) });
    equal(dead.body.error_kind, "connection");
    match(dead.body.error, /no such token: \*{10}/);
    const silent = await tryOut({ server: stdio("silent"), timeout: 0.3 });
    deepEqual(silent.body, { ok: false, error: "There was no answer within 0.3 s.", error_kind: "timeout" });
  });

  it("ends all that was started, also what has left its group and minds no signal", async () => {
    await using folder = await tempFolder();
    const pids = path.join(folder.path, "pids");
    const server = { type: "stdio", command: process.execPath, args: [program, "leaves", pids] };
    equal((await tryOut({ server })).body.ok, true);
    for (const pid of (await readFile(pids, "utf8")).trim().split("\n")) equal(await readProcess(Number(pid)), undefined);
  });

  it("asks a server on the web with the key that it was given", async () => {
    const asked: (string | undefined)[] = [];
    const { url, server } = await serveMcp((authorization) => asked.push(authorization) > 0 && authorization === "Bearer key");
    try {
      const good = await tryOut({ server: { transport: "http", url, auth: { strategy: "bearer", value: cipher.encrypt("key") } } });
      deepEqual([good.body.ok, good.body.tools], [true, ["over-http"]]);
      ok(asked.every((one) => one === "Bearer key"));
      const bad = await tryOut({ server: { url, headers: { authorization: "Bearer wrong-key" } } });
      deepEqual([bad.body.ok, bad.body.error_kind], [false, "connection"]);
      ok(!bad.body.error.includes("wrong-key"));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("leads nobody to the secrets of a cloud, and into its own network only from loopback (HS-19)", async () => {
    const refused = async (url: string, inside: boolean): Promise<string> =>
      (await tryOut({ server: { url }, timeout: 3 }, inside)).body.error;
    const clouds = [
      "169.254.169.254",
      "[::ffff:169.254.169.254]",
      "[fe80::1]",
      "[fd00:ec2::254]",
      "100.100.100.200",
      "0xa9fea9fe",
      "2852039166",
    ];
    for (const host of clouds)
      match(await refused(`http://${host}/latest/meta-data`, true), /is not asked by anybody through this server/, host);
    for (const host of ["127.0.0.1", "127.1", "0x7f000001", "[::1]", "10.0.0.1", "192.168.1.1", "[fc00::1]", "0.0.0.0", "localhost"])
      match(await refused(`http://${host}:9/`, false), /is in this server's own network/, host);
    match(await refused("file:///etc/passwd", true), /must begin with http/);
    match(await refused("http://user:pass@127.0.0.1/", true), /without a user and a password/);
    match(await refused("http://\0host/", true), /is no URL/);
  });

  it("connects to the address that was checked, and follows no redirection elsewhere (HS-19)", async () => {
    const elsewhere = createServer((_request, response) => void response.writeHead(302, { location: "http://169.254.169.254/" }).end());
    await once(elsewhere.listen(0, "127.0.0.1"), "listening");
    const url = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    try {
      const answer = await checkedFetch({ inside: true }, AbortSignal.timeout(3_000))(url);
      equal(answer.status, 302);
      const { body } = await tryOut({ server: { url } });
      equal(body.ok, false);
    } finally {
      elsewhere.close();
    }
  });

  it("refuses what is no server, and does not repeat it", async () => {
    for (const server of [undefined, "sk-x", {}, { type: "other" }, { type: "stdio" }, { type: "http", url: 3 }]) {
      const { status, body } = await tryOut({ server });
      equal(status, 422);
      ok(!JSON.stringify(body).includes("sk-x"));
    }
    equal((await tryOut({ server: stdio("well"), timeout: 121 })).status, 422);
  });
});
