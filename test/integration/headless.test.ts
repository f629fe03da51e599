import { deepEqual, equal, ok } from "node:assert/strict";
import { realpath } from "node:fs/promises";
import path from "node:path";
import { root } from "../support/checkout.ts";
import { runCommand } from "../support/command.ts";
import { testImage, useEngine } from "../support/docker.ts";
import { serverExamples } from "../support/readme.ts";
import { until } from "../support/until.ts";
import { tempFolder } from "../support/workspaces.ts";

const image = `oh-test-headless:${process.pid}`;
const key = "a-key-of-the-tests";

describe("the image of sandbox-server", () => {
  const engine = useEngine();

  before(async function () {
    this.timeout(300_000);
    const build = {
      IMAGE: image,
      BASE_IMAGE: await testImage(engine.docker, "debian"),
      PACKAGES: "",
      NODE_PROGRAM: await realpath(path.join(root, "node_modules/.bin/node")),
    };
    await runCommand(process.execPath, [path.join(root, ".ci/dockerBuild.mjs")], { env: { ...process.env, ...build } });
  });
  after(() => engine.docker.getImage(image).remove({ force: true }));

  it("serves headless as the README says, as a user of its own, becomes healthy, and ends within two seconds", async () => {
    const { docker } = engine;
    const container = await docker.createContainer({
      Image: image,
      Env: [`SESSION_API_KEY=${key}`],
      Labels: { app: "openhands-vscode", owner: String(process.pid) },
      ExposedPorts: { "8000/tcp": {} },
      Healthcheck: { Interval: 500_000_000 },
      HostConfig: { Init: true, AutoRemove: true, PortBindings: { "8000/tcp": [{ HostIp: "127.0.0.1", HostPort: "0" }] } },
    });
    try {
      await container.start();
      const { NetworkSettings: network, Config: config } = await container.inspect();
      equal(config.User, "10001:10001");
      const url = `http://127.0.0.1:${network.Ports["8000/tcp"]?.[0]?.HostPort}`;
      await until("it to be healthy", async () => (await container.inspect()).State.Health?.Status === "healthy");
      equal((await fetch(`${url}/api/runtime/info`)).status, 401);
      const info = (await (await fetch(`${url}/server_info`)).json()) as { version: string };
      equal(info.version, "1.43.1");
      await using folder = await tempFolder();
      const [, requests = ""] = await serverExamples();
      const env = { ...process.env, URL: url, WORKSPACE: "/workspace", SESSION_API_KEY: key };
      const output = await runCommand("bash", ["-c", `set -euo pipefail\n${requests}`], { cwd: folder.path, env });
      ok(output.includes('"path":"/workspace/notes/upload.txt"'), output);
      const who = await fetch(`${url}/api/bash/execute_bash_command`, {
        method: "POST",
        headers: { "x-session-api-key": key },
        body: JSON.stringify({
          command: "id -un; touch /opt/openhands/x 2>/dev/null || echo read-only; tty || true; env | grep -c KEY || true",
        }),
      });
      deepEqual(((await who.json()) as { stdout: string }).stdout, "openhands\nread-only\nnot a tty\n0\n");
      const start = performance.now();
      const gone = container.wait();
      await container.kill({ signal: "SIGTERM" });
      const { StatusCode: code } = (await gone) as { StatusCode: number };
      equal(code, 0);
      ok(performance.now() - start < 2_500, `${performance.now() - start} ms`);
    } finally {
      // It removes itself when it has ended.
      await container.remove({ force: true }).catch(() => undefined);
    }
  });

  it("refuses to start without a key, in one sentence", async () => {
    const container = await engine.docker.createContainer({
      Image: image,
      Labels: { app: "openhands-vscode", owner: String(process.pid) },
    });
    try {
      await container.start();
      const { StatusCode: code } = (await container.wait()) as { StatusCode: number };
      const log = (await container.logs({ stdout: true, stderr: true })).toString();
      equal(code, 2);
      ok(log.includes("A port is served with a key only"), log);
    } finally {
      await container.remove({ force: true });
    }
  });
});
