import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { filesBelow, serveStores } from "../../../support/servedStores.ts";
import { tempFolder } from "../../../support/workspaces.ts";

const planted = "planted-5f1c";
const at = (place: string): string => `${planted}-${place}`;

/** Whatever can hold a secret does. */
const llm = {
  model: "m",
  api_key: at("key"),
  aws_access_key_id: at("aws-id"),
  aws_secret_access_key: at("aws"),
  aws_session_token: at("aws-token"),
  extra_headers: { Authorization: at("header"), "X-Other": at("other") },
  litellm_extra_body: { inner: { api_key: at("inner") }, vertex_credentials: at("credentials"), headers: { "X-All": [at("listed")] } },
};
const server = {
  url: "http://x",
  env: { PLAIN: at("env") },
  headers: { "X-A": at("mcp-header") },
  auth: {
    strategy: "oauth2",
    value: at("auth"),
    password: at("password"),
    state: { tokens: { access_token: at("access"), refresh_token: at("refresh") } },
  },
};
const agentDiff = {
  llm,
  mcp_config: { x: server, bearer: { url: "http://x", auth: at("bearer") } },
  agent_context: {
    secrets: {
      A: at("context"),
      B: { kind: "StaticSecret", value: at("source") },
      C: { kind: "LookupSecret", url: "/x", headers: { K: at("lookup") } },
      D: { value: at("kindless") },
    },
  },
  verification: { critic_api_key: at("critic") },
};

/** Requests that must answer without a planted value; those that are wrong have one, too. */
const requests: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ["PATCH", "/api/settings", { agent_settings_diff: agentDiff }],
  ["GET", "/api/settings"],
  ["POST", "/api/settings/mcp/y", server],
  ["PATCH", "/api/settings/mcp/y", { env: { MORE: at("more") } }],
  ["POST", "/api/settings/mcp/y", server],
  ["PUT", "/api/settings/secrets", { name: "S", value: at("secret") }],
  ["PUT", "/api/settings/secrets", { name: "1", value: at("secret") }],
  ["PUT", "/api/settings/secrets", { name: "S", value: { inner: at("secret") } }],
  ["GET", "/api/settings/secrets"],
  ["POST", "/api/profiles/p", { llm }],
  ["GET", "/api/profiles/p"],
  ["GET", "/api/profiles"],
  ["POST", "/api/profiles/p/activate"],
  ["POST", "/api/profiles/p/validate", { llm }],
  ["GET", "/api/agent-profiles"],
  [
    "POST",
    "/api/agent-profiles/a",
    { llm_profile_ref: "p", verification: { critic_api_key: at("critic") }, tools: [{ name: "t", params: { env: { A: at("tool") } } }] },
  ],
  ["GET", "/api/agent-profiles/a"],
  ["POST", "/api/agent-profiles/a/materialize"],
  ["PATCH", "/api/settings", { agent_settings_diff: { ...agentDiff, llm: { ...llm, num_retries: "many" } } }],
  ["PATCH", "/api/settings", { agent_settings_diff: { mcp_config: { x: { env: { A: { deep: at("env") } } } } } }],
  ["PATCH", "/api/settings", { agent_settings_diff: { agent_kind: at("kind"), llm } }],
  ["PATCH", "/api/settings", { agent_settings_diff: { llm: { api_key: { deep: at("key") } } } }],
  ["POST", "/api/profiles/p", { llm: { ...llm, api_key: [at("key")] } }],
  ["POST", "/api/profiles/p", { llm: { ...llm, model: "" } }],
  ["POST", "/api/profiles/p/validate", { llm: { ...llm, extra_headers: { A: 7, Authorization: at("header") } } }],
  ["POST", "/api/agent-profiles/a", { llm_profile_ref: "p", agent_kind: at("kind") }],
];

describe("planted secrets", () => {
  for (const secretKey of ["the key", undefined]) {
    it(`§1.2 §10.26 are in no answer, no line of the log and no file ${secretKey === undefined ? "without" : "with"} a secret key`, async () => {
      await using folder = await tempFolder();
      const served = serveStores(join(folder.path, "data"), secretKey === undefined ? {} : { secretKey });
      const statuses: number[] = [];
      for (const [method, path, body] of requests) {
        const { status, body: answered } = await served.ask(method, path, body);
        statuses.push(status);
        ok(
          !JSON.stringify(answered).includes(planted),
          `${method} ${path}: ${JSON.stringify(answered).match(`.{0,60}${planted}.{0,20}`)?.[0]}`,
        );
      }
      deepEqual(statuses.slice(0, 5), [200, 200, 201, 200, 409]);
      deepEqual(
        statuses.slice(-8),
        Array.from({ length: 8 }, () => 422),
      );
      for (const told of served.told) ok(!told.includes(planted), told);
      const files = await filesBelow(join(folder.path, "data"));
      deepEqual(Object.keys(files).toSorted(), [
        "agent-profiles/a.json",
        "agent-profiles/default.json",
        "profiles/p.json",
        "secrets.json",
        "settings.json",
      ]);
      for (const [name, text] of Object.entries(files)) ok(!text.includes(planted), `${name}: ${text.match(`.{0,60}${planted}`)?.[0]}`);
      const exposed = await served.ask("GET", "/api/settings", undefined, { "x-expose-secrets": "plaintext" });
      const shown = JSON.stringify(exposed.body);
      for (const place of [
        "key",
        "aws",
        "header",
        "inner",
        "env",
        "mcp-header",
        "auth",
        "password",
        "access",
        "refresh",
        "context",
        "source",
        "lookup",
        "kindless",
        "credentials",
        "listed",
        "critic",
      ])
        ok(shown.includes(at(place)), place);
      equal((await served.ask("GET", "/api/settings/secrets/S")).body, at("secret"));
    });
  }
});
