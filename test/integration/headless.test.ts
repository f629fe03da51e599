import { equal, match, ok } from "node:assert/strict";
import { runCommand } from "../support/command.ts";
import { useEngine } from "../support/docker.ts";
import { serverExamples } from "../support/readme.ts";
import { createContainer, useServerImage } from "../support/serverImage.ts";
import { tempFolder } from "../support/workspaces.ts";

describe("the image of sandbox-server", () => {
  const engine = useEngine();
  const start = useServerImage(engine);

  it("serves headless as the README says, as a user of its own, becomes healthy, and ends within two seconds", async () => {
    await using server = await start();
    equal((await server.container.inspect()).Config.User, "10001:10001");
    equal((await fetch(`${server.url}/api/runtime/info`)).status, 401);
    const info = (await (await fetch(`${server.url}/server_info`)).json()) as { version: string };
    equal(info.version, "1.43.1");
    await using folder = await tempFolder();
    const { requests } = await serverExamples();
    const env = { ...process.env, URL: server.url, WORKSPACE: "/workspace", SESSION_API_KEY: server.key };
    const output = await runCommand("bash", ["-c", `set -euo pipefail\n${requests}`], { cwd: folder.path, env });
    ok(output.includes('"path":"/workspace/notes/upload.txt"'), output);
    const command = "id -un; touch /opt/openhands/x 2>/dev/null || echo read-only; tty || true; env | grep -c KEY || true";
    const who = await fetch(`${server.url}/api/bash/execute_bash_command`, {
      method: "POST",
      headers: { "x-session-api-key": server.key },
      body: JSON.stringify({ command }),
    });
    equal(((await who.json()) as { stdout: string }).stdout, "openhands\nread-only\nnot a tty\n0\n");
    const { code, ms } = await server.stop();
    equal(code, 0);
    ok(ms < 2_500, `${ms} ms`);
  });

  it("is started as the official host class does, and with a flag of its own alone", async () => {
    for (const [keyName, args, headers] of [
      ["OH_SESSION_API_KEYS_0", ["--host", "0.0.0.0", "--port", "8000"], {}],
      ["SESSION_API_KEY", ["--allow-origin", "http://localhost:3000"], { origin: "http://localhost:3000" }],
    ] as const) {
      await using server = await start({ keyName, args });
      const answer = await fetch(`${server.url}/api/conversations/count`, { headers: { "x-session-api-key": server.key, ...headers } });
      equal(answer.status, 200);
    }
  });

  it("refuses to start without a key, in one sentence", async () => {
    const container = await createContainer(engine.docker, {});
    try {
      await container.start();
      const { StatusCode: code } = (await container.wait()) as { StatusCode: number };
      const log = (await container.logs({ stdout: true, stderr: true })).toString();
      equal(code, 2);
      match(log, /A port is served with a key only/);
    } finally {
      await container.remove({ force: true });
    }
  });
});
