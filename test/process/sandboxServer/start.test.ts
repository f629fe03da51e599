import { deepEqual, equal, match, ok } from "node:assert/strict";
import { once } from "node:events";
import { chmod, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { text } from "node:stream/consumers";
import { readArguments } from "../../../sandbox-server/arguments.ts";
import { servePort } from "../../../sandbox-server/port.ts";
import { noLog } from "../../../src/protocol/log.ts";
import { readProcess } from "../../../src/runtime/machine/processes.ts";
import { serverProcess, startHeadless } from "../../support/headlessServer.ts";
import { tookAtMost } from "../../support/tookAtMost.ts";
import { until } from "../../support/until.ts";
import { tempFolder } from "../../support/workspaces.ts";

interface Refused {
  readonly code: number | null;
  readonly said: string;
}

async function refusal(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Refused> {
  const child = serverProcess(args, env);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, "close")]);
  return { code, said: stdout + stderr };
}

const withKey = { SESSION_API_KEY: "a-key" };

describe("sandbox-server, when it starts on a port", () => {
  it("refuses without a key, with an empty one, and with one that cannot be sent", async () => {
    const noKey =
      "A port is served with a key only: set SESSION_API_KEY, or give --key-file; or say --no-auth on loopback. See sandbox-server --help.\n";
    deepEqual(await refusal(["--port", "0"]), { code: 2, said: noKey });
    deepEqual(await refusal(["--port", "0"], { SESSION_API_KEY: " ", OH_SESSION_API_KEYS_0: "" }), { code: 2, said: noKey });
    match((await refusal(["--port", "0"], { SESSION_API_KEY: "schlüssel" })).said, /visible ASCII/);
  });

  it("says in one sentence what is wrong", async () => {
    await using folder = await tempFolder({ "key.txt": "a-key\n" });
    const keyFile = path.join(folder.path, "key.txt");
    await chmod(keyFile, 0o644);
    const busy = createServer().listen(0, "127.0.0.1");
    await once(busy, "listening");
    const { port } = busy.address() as { port: number };
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [[], /^Say how to serve: either --stdio or --port N\. See/],
      [["--stdio", "--port", "1"], /^Say how to serve/],
      [["--port", "70000"], /^The port must be a number from 0 to 65535, not "70000"\./],
      [["--port", "x"], /^The port must be/],
      [["--port", "0", "--nonsense"], /--nonsense/],
      [["--port", "0", "--log-level", "loud"], /^--log-level must be one of/],
      [["--port", "0", "--workspace", "/no/such/folder"], /^The workspace \/no\/such\/folder is not a folder\./],
      [["--port", String(port)], new RegExp(`^Port ${port} of 127.0.0.1 is in use`)],
      [["--port", "0", "--host", "0.0.0.0"], /^Other machines can reach 0\.0\.0\.0: say --listen-public/],
      [["--port", "0", "--host", "::"], /^Other machines can reach ::/],
      [["--port", "0", "--host", "203.0.113.9", "--listen-public"], /^This machine has no address 203\.0\.113\.9\./],
      [["--port", "0", "--key-file", keyFile], /^Others than its owner may use the key file/],
      [["--port", "0", "--key-file", folder.path], /is not a small file/],
      [["--port", "0", "--key-file", "/no/key"], /^The key file \/no\/key cannot be read/],
    ];
    for (const [args, said] of cases) {
      const refused = await refusal(args, withKey);
      equal(refused.code, 2, refused.said);
      match(refused.said, said);
      equal(refused.said.trim().split("\n").length, 1, refused.said);
    }
    busy.close();
  });

  it("ends with what is wrong when it cannot have its tools, which it gets when it listens already", async () => {
    await using folder = await tempFolder();
    const workingDir = path.join(folder.path, "gone");
    const options = readArguments(["--port", "0", "--no-auth"]);
    if (typeof options === "string") throw new Error(options);
    const serving = { options, workspace: workingDir, workingDir, log: noLog, ended: new Promise<void>(() => undefined) };
    equal(await servePort(serving, 0), `The folder ${workingDir} is not there, or may not be entered.`);
  });

  it("takes its key from a private file, or several, and keeps it from what it starts", async () => {
    await using folder = await tempFolder({ key: "first\nsecond\n" });
    const keyFile = path.join(folder.path, "key");
    await chmod(keyFile, 0o400);
    await using server = await startHeadless({
      workspace: folder.path,
      args: ["--key-file", keyFile],
      env: { OH_SESSION_API_KEYS_0: "third", AI_AGENT: "mine" },
    });
    for (const one of ["first", "second", "third", server.key])
      equal((await server.ask("/api/runtime/info", { headers: { "x-session-api-key": one } })).status, 200);
    equal((await server.ask("/api/runtime/info", { headers: { "x-session-api-key": "fourth" } })).status, 401);
    const { json } = await server.ask("/api/bash/execute_bash_command", { json: { command: "env | grep -i -e api_key -e ^AI_AGENT" } });
    equal(json.stdout, "AI_AGENT=mine\n");
  });

  it("reads its key file again when that changes, so that a key can be revoked (§10.24)", async () => {
    await using folder = await tempFolder({ key: "first\nsecond\n" });
    const keyFile = path.join(folder.path, "key");
    await chmod(keyFile, 0o600);
    await using server = await startHeadless({ workspace: folder.path, args: ["--key-file", keyFile] });
    const status = async (one: string) => (await server.ask("/api/runtime/info", { headers: { "x-session-api-key": one } })).status;
    deepEqual([await status("second"), await status("third")], [200, 401]);
    await writeFile(keyFile, "first\nthird\n");
    deepEqual([await status("first"), await status("second"), await status("third")], [200, 401, 200]);
    await rm(keyFile);
    deepEqual([await status("first"), await status(server.key)], [401, 200]);
    await until("the reason", async () => /"level":"warn".*holds no keys any more/.test(server.log()));
  });

  it("needs no key with --no-auth, says so aloud, and is on loopback then (HS-02)", async () => {
    await using folder = await tempFolder();
    const noKey = { SESSION_API_KEY: "" };
    await using server = await startHeadless({ workspace: folder.path, args: ["--no-auth"], env: noKey });
    equal((await fetch(`${server.url}/api/runtime/info`)).status, 200);
    equal((await server.ask("/api/runtime/info")).status, 200);
    await until("both warnings", async () => server.log().split("No key is needed (--no-auth)").length === 3);
    const cases: readonly (readonly [readonly string[], Readonly<Record<string, string>>, RegExp])[] = [
      [["--no-auth"], withKey, /^There is a key, and --no-auth says that none is needed/],
      [["--no-auth", "--host", "0.0.0.0", "--listen-public"], noKey, /^Without a key a port is served on loopback only/],
      [["--no-auth", "--listen-public"], noKey, /^Give --listen-public or --no-auth, not both/],
      [["--allow-origin", "*"], withKey, /^"\*" is no origin of a page/],
      [[], { ...withKey, OH_ALLOW_CORS_ORIGIN_REGEX: "(" }, /^OH_ALLOW_CORS_ORIGIN_REGEX is not a regular expression/],
    ];
    for (const [args, env, said] of cases) {
      const refused = await refusal(["--port", "0", ...args], env);
      equal(refused.code, 2, refused.said);
      match(refused.said, said);
    }
  });

  it("says in one sentence where nothing can be kept, and is never ready", async () => {
    await using folder = await tempFolder({ file: "" });
    const file = path.join(folder.path, "file");
    const cases: [string[], Record<string, string>, string][] = [
      [["--data", file], {}, `${file} is not a folder. Please name another folder by --data, and start the server again.`],
      [
        [],
        { OH_CONVERSATIONS_PATH: file },
        `${file} is not a folder. Please name another folder by OH_CONVERSATIONS_PATH, and start the server again.`,
      ],
    ];
    if (process.platform === "linux")
      cases.push([
        ["--data", "/proc/none/below"],
        {},
        "Nothing can be kept in /proc/none/below, which cannot be made: ENOENT: no such file or directory, mkdir '/proc/none'. Please name another folder by --data, and start the server again.",
      ]);
    for (const [args, env, said] of cases) {
      const data = { OH_PERSISTENCE_DIR: path.join(folder.path, "data") };
      await using server = await startHeadless({ workspace: folder.path, args, env: { ...data, ...env } });
      equal((await server.ask("/api/conversations/count")).json.exception, `503: ${said}`);
      equal((await fetch(`${server.url}/ready`)).status, 503);
    }
  });

  it("serves a web UI to everybody, which may ask by its own pages, and leads / there (§1.1)", async () => {
    await using folder = await tempFolder({ "ui/index.html": "<title>UI</title>", "ui/app.js": "1" });
    const env = { OH_STATIC_FILES_PATH: path.join(folder.path, "ui") };
    await using server = await startHeadless({ workspace: folder.path, env });
    const get = async (at: string) => {
      const answer = await fetch(server.url + at);
      return [answer.status, new URL(answer.url).pathname, answer.headers.get("content-type"), await answer.text()];
    };
    const page = [200, "/static/", "text/html; charset=utf-8", "<title>UI</title>"];
    for (const at of ["/", "/static", "/static/"]) deepEqual(await get(at), page);
    deepEqual(await get("/static/app.js"), [200, "/static/app.js", "text/javascript; charset=utf-8", "1"]);
    deepEqual([(await get("/static/..%2fui/app.js"))[0], (await get("/static/none"))[0]], [400, 404]);
    equal((await server.ask("/api/runtime/info", { headers: { origin: server.url } })).status, 200);
    await using plain = await startHeadless({ workspace: folder.path, env: { OH_STATIC_FILES_PATH: path.join(folder.path, "none") } });
    equal((await (await fetch(plain.url)).json()).title, "OpenHands Agent Server");
  });

  it("writes its log as lines of JSON, in which there is no key, body or command", async () => {
    await using folder = await tempFolder();
    await using server = await startHeadless({ workspace: folder.path, args: ["--log-level", "debug"] });
    await server.ask("/api/bash/execute_bash_command?secret=in-the-query", { json: { command: "echo in-the-command" } });
    await server.ask("/api/git/changes", { headers: { "x-session-api-key": "a-wrong-key" } });
    await until("both requests", async () => server.log().split("Request").length > 2);
    for (const line of server.log().trim().split("\n")) deepEqual(Object.keys(JSON.parse(line)), ["time", "level", "message", "details"]);
    for (const secret of [server.key, "in-the-query", "in-the-command", "a-wrong-key"]) ok(!server.log().includes(secret), secret);
  });

  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    it(`ends within two seconds at ${signal}, with all that it has started`, async () => {
      await using folder = await tempFolder();
      await using server = await startHeadless({ workspace: folder.path });
      const pids = path.join(folder.path, "pids");
      const stubborn = `trap '' TERM HUP INT; echo $$ >> ${pids}; setsid sh -c 'echo $$ >> ${pids}; exec sleep 300' & sleep 300`;
      await server.ask("/api/bash/start_bash_command", { json: { command: stubborn } });
      const command = { type: "command", command: `(${stubborn})`, noChangeTimeoutMs: 100 };
      await server.ask("/api/runtime/terminal/run", { json: command });
      const running = await until("all four to run", async () => {
        const { json } = await server.ask("/api/bash/execute_bash_command", { json: { command: `cat ${pids}` } });
        const found = (json.stdout ?? "").trim().split("\n");
        return found.length === 4 && found;
      });
      const hanging = server.ask("/api/bash/execute_bash_command", { json: { command: "sleep 300" } }).catch(() => undefined);
      const start = performance.now();
      server.child.kill(signal);
      await once(server.child, "close");
      equal(server.child.exitCode, 0);
      tookAtMost(2_000, performance.now() - start);
      const left = await Promise.all(running.map((pid: string) => readProcess(Number(pid))));
      deepEqual(left, [undefined, undefined, undefined, undefined]);
      await hanging;
    });
  }

  it("keeps events in OH_BASH_EVENTS_DIR from one server to the next, and forgets old ones", async () => {
    await using folder = await tempFolder();
    const events = path.join(folder.path, "events");
    const run = async (env: Readonly<Record<string, string>>): Promise<string[]> => {
      await using server = await startHeadless({ workspace: folder.path, env: { OH_BASH_EVENTS_DIR: events, ...env } });
      await server.ask("/api/bash/execute_bash_command", { json: { command: "true" } });
      const { json } = await server.ask("/api/bash/bash_events/search");
      return json.items.map(({ kind }: { kind: string }) => kind);
    };
    const one = ["BashCommand", "BashOutput"];
    deepEqual(await run({}), one);
    await writeFile(path.join(events, "something-else.json"), "{}");
    deepEqual(await run({}), [...one, ...one]);
    deepEqual(await run({ OH_BASH_EVENTS_RETENTION_SECONDS: "0.0001" }), []);
  });
});
