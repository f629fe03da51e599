import assert from "node:assert/strict";
import { diagnosticsOf } from "../../../src/extension/diagnostics.ts";
import { Settings } from "../../../src/protocol/settings.ts";

const key = "abcdefgh-planted-0123456789";

describe("the diagnostics", () => {
  const settings = Settings.parse({
    model: "Work",
    maxCost: 2,
    "sandbox.image": "registry.hidden.example.com/team/python:3.12",
    "sandbox.dockerHost": "ssh://me@hidden.example.com",
    "sandbox.mounts": [{ source: "/srv/hidden", target: "/mnt/hidden" }],
    profiles: [{ name: "Work", model: "gpt-5", baseUrl: `https://me:hunter22hunter@llm.example.com/v1?key=${key}` }],
  });
  const log = [
    "2026-11-22 [info] activated",
    `2026-11-22 [warn] {"apiKey":"${key}"}`,
    `in base64: ${Buffer.from(key).toString("base64")}, in hex: ${Buffer.from(key).toString("hex")}, in a URL: ${encodeURIComponent(key)}`,
    "authorization: Bearer tok_1234567890abcdef",
    "a key that nobody told us: sk-proj-AbCdEf0123456789xyz",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6.eyJzdWIiOiIxMjM0NTY3ODkwIiwi.c2lnbmF0dXJl",
    "``` a fence",
    "Error: nothing at /home/me/hidden-project/src/a.ts and /home/me/.ssh",
  ].join("\n");
  const report = diagnosticsOf({
    about: { OpenHands: "0.1.0", "VS Code": "1.139.1" },
    settings,
    choice: { source: "profile", llm: { model: "gpt-5", base_url: "https://llm.example.com/v1" }, profile: { name: "Work" } },
    keyStates: { "llm.example.com": "set" },
    conversations: [
      { id: "1", title: "A private title", working_dir: "/home/me/private", execution_status: "finished", sizeBytes: 2_500_000 },
      { id: "2", execution_status: "paused", sizeBytes: 500_000 },
    ] as never,
    log,
    secrets: [key, "short"],
    folders: ["/home/me", "/home/me/hidden-project", "/"],
  });

  it("say what is needed to look into a problem", () => {
    for (const part of [
      "- VS Code: 1.139.1",
      "- in use: gpt-5 at llm.example.com (profile)",
      "- profile 1: gpt-5 at llm.example.com, context window not set, no prices",
      "- llm.example.com: set",
      "- maxCost: 2",
      "- runtime: local",
      "- sandbox.image: python:3.12",
      "- sandbox.dockerHost: ssh:",
      "- sandbox.mounts: 1",
      "- kept: 2, 3.0 MB",
      "- finished: 1",
      "activated",
      "nothing at <folder>/src/a.ts and <folder>/.ssh",
    ])
      assert.ok(report.includes(part), `"${part}" is not in:\n${report}`);
    assert.equal(report.match(/```/g)?.length, 2);
  });

  it("hold no key in any form, no password, and nothing of the person's work", () => {
    const forms = [
      key,
      Buffer.from(key).toString("base64"),
      Buffer.from(key).toString("hex"),
      "tok_1234567890",
      "sk-proj-AbC",
      "eyJhbGci",
      "hunter22",
    ];
    for (const part of [...forms, "private", "hidden-project", "hidden.example", "/mnt", "/srv", "/home/me"])
      assert.equal(report.includes(part), false, `"${part}" is in:\n${report}`);
  });
});
