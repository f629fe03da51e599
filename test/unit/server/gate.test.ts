import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type IncomingMessage, request } from "node:http";
import { Hono } from "hono";
import * as z from "zod";
import type { Log } from "../../../src/protocol/log.ts";
import { noLog } from "../../../src/protocol/log.ts";
import { addErrors, Refusal } from "../../../src/server/answers.ts";
import { gateOf } from "../../../src/server/gate.ts";
import { currentKeys, noKeys } from "../../../src/server/keys.ts";
import { type Listening, listen } from "../../../src/server/listen.ts";
import { Routes } from "../../../src/server/routes.ts";
import { addWorkspaceSession } from "../../../src/server/workspaces/workspaceSession.ts";
import { until } from "../../support/until.ts";

const [key, other] = ["a-key", 'odd"; key%'];
const page = "https://ide.example.org";

/** Everything is served here; what is asked is who may ask for it. */
function appOf(log: Log): Hono {
  const app = new Hono({ strict: false });
  addErrors(app, log);
  const routes = new Routes(app);
  addWorkspaceSession(routes);
  const Body = z.object({ api_key: z.string(), env: z.record(z.string(), z.number()), llm: z.object({}).optional() });
  routes.add(["post", "/api/checked"], { summary: "", tag: "", body: Body }, () => ({}));
  routes.add(["get", "/api/broken"], { summary: "", tag: "" }, () => {
    throw new TypeError("It broke.");
  });
  routes.add(["get", "/api/busy"], { summary: "", tag: "" }, () => {
    throw new Refusal(503, "Try again.");
  });
  for (const path of ["/api/*", "/v1/*", "/sockets/*", "/static/*", "/docs", "/redoc", "/openapi.json", "/alive"])
    app.get(path, (c) => c.json({ path: c.req.path }));
  return app;
}

describe("the gate of a server", () => {
  let keys: readonly string[] = [key, other];
  const now = currentKeys(() => keys);
  const logged: unknown[] = [];
  let server: Listening;
  let url: string;

  before(async () => {
    const app = appOf({ ...noLog, error: (_message, details) => void logged.push(details) });
    const gate = (port: number) =>
      gateOf({ keys: now, hosts: [`127.0.0.1:${port}`], origins: [page], originPattern: /^(?:https:\/\/\w+\.preview\.example)$/ });
    server = await listen({ app, host: "127.0.0.1", port: 0, gate, log: noLog });
    url = `http://127.0.0.1:${server.port}`;
  });
  after(() => server[Symbol.asyncDispose]());

  /** Not by `fetch`, which sends no header that a browser keeps for itself. */
  const ask = async (path: string, headers: Readonly<Record<string, string>>, method = "GET") => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request({ host: "127.0.0.1", port: server.port, path, method, headers }, resolve).once("error", reject).end();
    const answer = await promise;
    answer.resume();
    return answer;
  };
  const status = async (path: string, headers: Readonly<Record<string, string>>, method?: string) =>
    (await ask(path, headers, method)).statusCode;

  it("takes a bearer's key for /v1 only, and the cookie for files of workspaces only, by GET and HEAD (§10.25, HS-01)", async () => {
    const header = { "x-session-api-key": key };
    const bearer = { authorization: `Bearer ${key}` };
    const cookie = { cookie: `a=b; oh_workspace_session_key=${key}` };
    const [v1, files, api] = ["/v1/models", "/api/conversations/x/workspace/index.html", "/api/settings"];
    const open = async (headers: Record<string, string>) => Promise.all([v1, files, api].map((path) => status(path, headers)));
    deepEqual(await open(header), [200, 200, 200]);
    deepEqual(await open(bearer), [200, 401, 401]);
    deepEqual(await open(cookie), [401, 200, 401]);
    equal(await status("/api/conversations/x/workspace", cookie), 200);
    equal(await status(files, cookie, "HEAD"), 200);
    const near = [
      "/api/conversations/x/workspaces",
      "/api/conversations/workspace",
      "/api/conversations/x/events/workspace",
      "/api/conversations/x/workspace/../../../settings",
      "/api/conversations/x/workspace/%2e%2E/%2e%2e/%2e./settings",
      "/v1/../api/settings",
      "/docs/../api/settings",
    ];
    for (const path of near) ok([401, 429].includes((await status(path, { ...cookie, ...bearer })) ?? 0), path);
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) ok([401, 429].includes((await status(files, cookie, method)) ?? 0), method);
    ok([401, 429].includes((await status(files, { cookie: "oh_workspace_session_key=%E0%A4%A" })) ?? 0));
    for (const path of ["/docs", "/docs/", "/redoc", "/openapi.json", "/alive", "/static/a.js"]) equal(await status(path, {}), 200, path);
  });

  it("gives a cookie that opens what the key opens, and takes it back", async () => {
    for (const one of [key, other]) {
      const answer = await fetch(`${url}/api/auth/workspace-session`, { method: "POST", headers: { "x-session-api-key": one } });
      equal(answer.status, 204);
      const [set = ""] = answer.headers.getSetCookie();
      match(set, /; HttpOnly; SameSite=none; Path=\/api\/conversations; Max-Age=315360000; Secure; Partitioned$/);
      equal(await status("/api/conversations/x/workspace/", { cookie: set.split("; ")[0] ?? "" }), 200);
    }
    const end = await fetch(`${url}/api/auth/workspace-session`, { method: "DELETE", headers: { "x-session-api-key": key } });
    for (const set of end.headers.getSetCookie()) match(set, /^oh_workspace_session_key=; .*Max-Age=0; Secure/);
  });

  it("refuses Origin: null and pages that are not listed, everywhere (§10.25, HS-05)", async () => {
    const headers = { "x-session-api-key": key, cookie: `oh_workspace_session_key=${key}` };
    const strangers = [
      "null",
      "https://evil.example",
      "http://localhost:3000",
      "https://x.preview.example.evil.com",
      "https://a.b.preview.example",
    ];
    for (const origin of strangers)
      for (const path of ["/api/settings", "/api/conversations/x/workspace/", "/v1/models", "/alive"])
        for (const method of ["GET", "OPTIONS"]) {
          const answer = await ask(path, { ...headers, origin }, method);
          deepEqual([answer.statusCode, answer.headers["access-control-allow-origin"]], [403, undefined], `${origin} ${path}`);
        }
    for (const origin of [page, "https://x.preview.example", url])
      equal(await status("/api/settings", { ...headers, origin }), 200, origin);
  });

  it("lets a page that is listed ask with credentials, by every method and header, and read why it gets nothing", async () => {
    const asks = {
      origin: page,
      "access-control-request-method": "PATCH",
      "access-control-request-headers": "x-session-api-key, x-expose-secrets, authorization",
    };
    const { statusCode, headers } = await ask("/api/settings", asks, "OPTIONS");
    const [methods, allowed] = [headers["access-control-allow-methods"] ?? "", headers["access-control-allow-headers"] ?? ""];
    deepEqual([statusCode, headers["access-control-allow-origin"], headers["access-control-allow-credentials"]], [204, page, "true"]);
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]) ok(methods.includes(method), method);
    for (const name of ["x-session-api-key", "x-expose-secrets", "authorization"]) ok(allowed.includes(name), name);
    const refused = await ask("/api/settings", { origin: page });
    ok([401, 429].includes(refused.statusCode ?? 0));
    equal(refused.headers["access-control-allow-origin"], page);
  });

  it("refuses what a page elsewhere loads without saying who it is, but links to what is open and frames with files", async () => {
    for (const site of ["cross-site", "same-site"]) {
      const loads = { "sec-fetch-site": site, "sec-fetch-mode": "no-cors", "x-session-api-key": key };
      equal(await status("/api/settings", loads), 403);
      equal(await status("/alive", loads), 403);
      equal(await status("/docs", { "sec-fetch-site": site, "sec-fetch-mode": "navigate" }), 200);
      equal(await status("/api/conversations/x/workspace/", { ...loads, "sec-fetch-mode": "navigate" }), 200);
    }
    for (const site of ["same-origin", "none"])
      equal(await status("/api/settings", { "sec-fetch-site": site, "x-session-api-key": key }), 200);
  });

  it("compares keys for each request with what they are now, and tells when they have changed (§10.24)", async () => {
    let told = 0;
    using _listening = now.onChange(() => told++);
    keys = ["a-new-key"];
    equal(await status("/api/settings", { "x-session-api-key": "a-new-key" }), 200);
    ok([401, 429].includes((await status("/api/settings", { "x-session-api-key": key })) ?? 0));
    equal(told, 1);
    keys = [key, other];
    await until("the change to be told without a request", async () => told === 2);
  });

  it("answers in the protocol's shapes: 404, 405 and 422, of which nothing tells a secret (§10.26)", async () => {
    const headers = { "x-session-api-key": key };
    const get = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(url + path, { headers, ...init });
      return [answer.status, await answer.json()];
    };
    deepEqual(await get("/missing"), [404, { detail: "Not Found" }]);
    deepEqual(await get("/api/checked", { method: "PUT" }), [405, { detail: "Method Not Allowed" }]);
    const secrets = { api_key: 1234, env: { TOKEN: "sk-in-the-env" }, llm: "sk-instead-of-a-model" };
    const [code, { detail }] = await get("/api/checked/", { method: "POST", body: JSON.stringify(secrets) });
    equal(code, 422);
    deepEqual(
      detail.map(({ type, loc }: { type: string; loc: string[] }) => [type, ...loc]),
      [
        ["string_type", "body", "api_key"],
        ["number_type", "body", "env", "TOKEN"],
        ["object_type", "body", "llm"],
      ],
    );
    ok(!/sk-|1234/.test(JSON.stringify(detail)), JSON.stringify(detail));
  });

  it("keeps the status of a handler's 5xx and hides its text, and gives what broke a number that the log has too (§10.27)", async () => {
    const headers = { "x-session-api-key": key };
    const busy = await fetch(`${url}/api/busy`, { headers });
    deepEqual([busy.status, await busy.json()], [503, { detail: "Internal Server Error", exception: "503: Try again." }]);
    const broken = await fetch(`${url}/api/broken`, { headers });
    const { error_id, ...rest } = (await broken.json()) as { error_id: string };
    deepEqual([broken.status, rest], [500, { detail: "Internal Server Error", exception: "It broke." }]);
    match(error_id, /^[\da-f]{32}$/);
    equal((logged.at(-1) as { error_id: string }).error_id, error_id);
  });

  it("lets sockets through without a key, which they send in their first frame, and not with a wrong one", async () => {
    equal(await status("/sockets/x", {}), 200);
    equal(await status(`/sockets/x?session_api_key=${key}`, {}), 200);
    equal(await status("/sockets/x?session_api_key=wrong", { "x-session-api-key": key }), 403);
    equal(await status("/sockets/x", { "x-session-api-key": "wrong" }), 403);
    equal(await status("/sockets/x", { origin: "https://evil.example" }), 403);
  });

  it("asks no key where none is needed, but still who calls it how", async () => {
    const gate = (port: number) => gateOf({ keys: noKeys, hosts: [`127.0.0.1:${port}`], origins: [] });
    await using open = await listen({ app: appOf(noLog), host: "127.0.0.1", port: 0, gate, log: noLog });
    const at = `http://127.0.0.1:${open.port}/api/settings`;
    equal((await fetch(at)).status, 200);
    equal((await fetch(at, { headers: { "x-session-api-key": "whatever" } })).status, 200);
    equal((await fetch(at, { headers: { origin: "http://localhost:3000" } })).status, 403);
    equal((await fetch(at.replace("127.0.0.1", "localhost"))).status, 403);
  });
});
