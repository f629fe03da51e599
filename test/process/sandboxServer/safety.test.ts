import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { type HeadlessServer, startHeadless } from "../../support/headlessServer.ts";
import { until } from "../../support/until.ts";
import { type TempFolder, tempFolder } from "../../support/workspaces.ts";

describe("sandbox-server on a port, to those who should not be there", () => {
  let folder: TempFolder;
  let server: HeadlessServer;

  before(async () => {
    folder = await tempFolder();
    const names = ["--allow-host", "Box.example.org", "--allow-host", "tunnel.example.org:7000"];
    server = await startHeadless({ workspace: folder.path, args: [...names, "--allow-origin", "https://ide.example.org"] });
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  /** Sends these bytes as they are, and gives the status and what came with it. */
  const raw = async (bytes: string | Uint8Array): Promise<{ readonly status: number; readonly answer: string }> => {
    const socket = connect(server.port, "127.0.0.1");
    let answer = "";
    socket.on("error", () => undefined).setEncoding("latin1");
    socket.on("data", (text: string) => (answer += text));
    socket.write(bytes);
    // Only after an answer, which takes its time on a busy machine.
    socket.setTimeout(300, () => void (answer !== "" && socket.destroy()));
    await new Promise((resolve) => void socket.once("close", resolve));
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]), answer };
  };
  const get = (headers: string, path = "/alive"): Promise<{ readonly status: number; readonly answer: string }> =>
    raw(`GET ${path} HTTP/1.1\r\n${headers}connection: close\r\n\r\n`);
  const host = (name: string): string => `host: ${name}\r\n`;

  it("takes its key from one header only, and answers every wrong one alike (HS-01)", async () => {
    const url = `${server.url}/api/runtime/info`;
    const wrong: readonly [string, Record<string, string>][] = [
      [url, {}],
      [url, { "x-session-api-key": "wrong" }],
      [url, { "x-session-api-key": "" }],
      [url, { "x-session-api-key": `${server.key}x` }],
      [`${url}?session_api_key=${server.key}&X-Session-API-Key=${server.key}`, {}],
      [url, { cookie: `oh_workspace_session_key=${server.key}; X-Session-API-Key=${server.key}` }],
      [url, { authorization: `Bearer ${server.key}` }],
      [`${server.url}/%61pi/runtime/info`, {}],
      [`${server.url}//api/runtime/info`, {}],
      [`${server.url}/alive/../api/runtime/info`, {}],
    ];
    for (const [at, headers] of wrong) {
      const answer = await fetch(at, { headers });
      deepEqual([answer.status, await answer.text()], [401, '{"detail":"Unauthorized"}'], at);
    }
    const own = host(`127.0.0.1:${server.port}`);
    const twice = `${own}x-session-api-key: ${server.key}\r\nx-session-api-key: ${server.key}\r\n`;
    equal((await get(twice, "/api/runtime/info")).status, 429);
    equal((await get(`${own}x-session-api-key: ${server.key}\0\r\n`, "/api/runtime/info")).status, 400);
    const long = await get(`${own}x-session-api-key: ${"k".repeat(1_000_000)}\r\n`, "/api/runtime/info");
    // It may be cut off before it has read why.
    ok(long.answer === "" || long.status === 431, long.answer);
    equal((await server.ask("/api/runtime/info")).status, 200);
  });

  it("slows down who guesses, and never who knows (HS-16)", async () => {
    const guess = async (): Promise<number> => (await server.ask("/api/x", { headers: { "x-session-api-key": "guess" } })).status;
    const guesses = await Promise.all(Array.from({ length: 30 }, guess));
    ok(guesses.filter((status) => status === 429).length >= 15, String(guesses));
    const late = await fetch(`${server.url}/api/x`);
    match(late.headers.get("retry-after") ?? "", /^\d+$/);
    equal((await server.ask("/api/runtime/info")).status, 200);
  });

  it("answers only to its own names, so that no page can lead a name of its own here (HS-04)", async () => {
    const { port } = server;
    const status = async (headers: string, path?: string) => (await get(headers, path)).status;
    for (const name of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `LOCALHOST:${port}`,
      `[::1]:${port}`,
      "box.example.org",
      "box.example.org:1",
    ])
      equal(await status(host(name)), 200, name);
    equal(await status(host("tunnel.example.org:7000")), 200);
    const strangers = [
      "evil.com",
      "127.0.0.1.evil.com",
      `evil.com:${port}`,
      "127.0.0.1",
      "localhost",
      `127.0.0.1:${port + 1}`,
      `0.0.0.0:${port}`,
    ];
    const odd = [
      `[::]:${port}`,
      `127.1:${port}`,
      `2130706433:${port}`,
      "tunnel.example.org",
      "tunnel.example.org:7001",
      `localhost.:${port}`,
      "x@localhost",
    ];
    for (const name of [...strangers, ...odd]) equal(await status(host(name)), 403, name);
    equal(await status(""), 400);
    equal(await status(`${host(`localhost:${port}`)}${host("evil.com")}`), 400);
    equal(await status(host(`localhost:${port}`), "http://evil.com/alive"), 403);
    equal(await status(host(`localhost:${port}`), `http://localhost:${port}/alive`), 403);
    equal((await raw("GET /alive HTTP/1.0\r\n\r\n")).status, 403);
  });

  it("answers no page but those on its list, and names no other in its headers (HS-05)", async () => {
    const ask = (origin: string, method = "GET") => fetch(`${server.url}/alive`, { method, headers: { origin } });
    for (const origin of [
      "https://evil.example",
      "null",
      "http://localhost:3000",
      "vscode-webview://x",
      "https://ide.example.org.evil.com",
    ]) {
      const answer = await ask(origin);
      deepEqual([answer.status, answer.headers.get("access-control-allow-origin")], [403, null], origin);
      equal((await ask(origin, "OPTIONS")).status, 403);
    }
    const allowed = await ask("https://ide.example.org");
    deepEqual([allowed.status, allowed.headers.get("access-control-allow-origin")], [200, "https://ide.example.org"]);
    const first = await ask("https://ide.example.org", "OPTIONS");
    deepEqual([first.status, first.headers.get("access-control-allow-headers")?.includes("x-session-api-key")], [204, true]);
    equal((await fetch(`${server.url}/alive`)).headers.get("access-control-allow-origin"), null);
  });

  it("refuses what could be read as two requests (HS-14)", async () => {
    const own = `host: 127.0.0.1:${server.port}\r\nx-session-api-key: ${server.key}\r\n`;
    const post = `POST /api/bash/execute_bash_command HTTP/1.1\r\n${own}`;
    const bad = [
      `${post}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      `${post}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`,
      `${post}content-length: 2, 2\r\n\r\n{}`,
      `${post}content-length: +2\r\n\r\n{}`,
      `${post}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
      `${post}transfer-encoding: chunked\r\n\r\nzz\r\n`,
      `GET /alive HTTP/1.1\nhost: 127.0.0.1:${server.port}\n\n`,
      `GET /alive HTTP/1.1\r\n${own}x: a\r\n b\r\n\r\n`,
      `GET /alive HTTP/1.1\r\n${own}x : a\r\n\r\n`,
      `\x16\x03\x01\x02\x00\x01\x00`,
    ];
    for (const bytes of bad) {
      const { status, answer } = await raw(bytes);
      equal(status, 400, JSON.stringify(bytes));
      match(answer, /connection: close/i);
    }
  });

  it("refuses bodies that are too large, too deep, packed or no JSON, without holding them (HS-11)", async () => {
    const at = "/api/bash/execute_bash_command";
    const before = await peakMegabytes(server);
    equal((await server.ask(at, { json: { command: "x".repeat(1_000_000) } })).status, 413);
    const own = `host: 127.0.0.1:${server.port}\r\nx-session-api-key: ${server.key}\r\n`;
    equal((await raw(`POST ${at} HTTP/1.1\r\n${own}content-length: 200000000\r\n\r\n{`)).status, 413);
    const chunk = `${(65_536).toString(16)}\r\n${"[".repeat(65_536)}\r\n`;
    equal((await raw(`POST ${at} HTTP/1.1\r\n${own}transfer-encoding: chunked\r\n\r\n${chunk.repeat(40)}`)).status, 413);
    equal((await server.ask(at, { body: "[".repeat(900_000) })).status, 400);
    equal((await server.ask(at, { body: `{"command":${'{"a":'.repeat(300)}` })).status, 400);
    equal((await server.ask(at, { body: "{}", headers: { "content-encoding": "gzip" } })).status, 415);
    equal((await server.ask(at, { body: "{'command'" })).status, 422);
    const many = `{${Array.from({ length: 80_000 }, (_, index) => `"k${index}":1`).join(",")}}`;
    equal((await server.ask(at, { body: many })).status, 422);
    const proto = await server.ask(at, { body: '{"__proto__":{"command":"id"},"constructor":{"prototype":{"command":"id"}}}' });
    equal(proto.status, 422);
    const twice = await server.ask(at, { body: '{"command":"echo 1","command":"echo \\"[[[\\" 2"}' });
    equal(twice.json.stdout, "[[[ 2\n");
    ok((await peakMegabytes(server)) - before < 48, `${(await peakMegabytes(server)) - before} MB`);
  });

  it("asks for a body only from who may send one", async () => {
    const own = host(`127.0.0.1:${server.port}`);
    const expecting = "expect: 100-continue\r\ncontent-length: 20\r\n";
    const post = `POST /api/bash/execute_bash_command HTTP/1.1\r\n${own}`;
    ok(!(await raw(`${post}${expecting}\r\n`)).answer.includes("100 Continue"));
    const allowed = await raw(`${post}x-session-api-key: ${server.key}\r\n${expecting}\r\n{"command":"echo 1"}`);
    match(allowed.answer, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/);
  });

  it("refuses more than a hundred headers, and other ways in", async () => {
    const own = host(`127.0.0.1:${server.port}`);
    const headers = (count: number) => Array.from({ length: count }, (_, index) => `x-${index}: 1\r\n`).join("");
    equal((await get(own + headers(97))).status, 200);
    equal((await get(own + headers(120))).status, 431);
    const upgrade =
      "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    const wrong = await raw(`GET /sockets/bash-events?session_api_key=wrong HTTP/1.1\r\n${own}${upgrade}\r\n`);
    equal(wrong.status, 403, wrong.answer);
    ok(Number.isNaN((await raw(`CONNECT 169.254.169.254:80 HTTP/1.1\r\n${own}\r\n`)).status));
  });

  it("listens on loopback only (HS-17)", async function () {
    if (process.platform !== "linux") this.skip();
    const table = await readFile("/proc/net/tcp", "latin1");
    const hexPort = server.port.toString(16).toUpperCase().padStart(4, "0");
    const listening = table.split("\n").flatMap((line) => new RegExp(`^ *\\d+: (\\w+):${hexPort} 00000000:0000 0A`).exec(line)?.[1] ?? []);
    deepEqual(listening, ["0100007F"]);
  });

  it("serves another port of Docker's choice when it is public, but no name that it was not given", async () => {
    await using shared = await startHeadless({ workspace: folder.path, args: ["--host", "0.0.0.0", "--listen-public"] });
    const status = async (name: string): Promise<number> => {
      const out = execFileSync("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", `Host: ${name}`, `${shared.url}/alive`]);
      return Number(out.toString());
    };
    deepEqual([await status("localhost:18000"), await status("evil.com"), await status(`0.0.0.0:${shared.port}`)], [200, 403, 403]);
    await until("the warning", async () => /"level":"warn".*no TLS/.test(shared.log()));
  });
});

async function peakMegabytes({ child }: HeadlessServer): Promise<number> {
  return Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1000;
}
