import { deepEqual } from "node:assert/strict";
import { engineSocket, useEngine } from "../../support/docker.ts";
import { fakeSsh, makeCertificates, tlsEngine } from "../../support/otherEngines.ts";
import { testSandboxes, usualSettings } from "../../support/sandboxes.ts";
import { type TempFolder, tempFolder } from "../../support/workspaces.ts";

describe("a sandbox on an engine elsewhere", () => {
  const engine = useEngine();
  let folder: TempFolder;

  beforeEach(async () => {
    folder = await tempFolder();
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  async function greeting(dockerHost: string, environment: Record<string, string>): Promise<string> {
    const more = { settings: () => ({ ...usualSettings, dockerHost }), environment: { ...process.env, ...environment } };
    await using tested = await testSandboxes(engine, more);
    await using sandbox = await tested.open();
    const request = { type: "command", command: "echo from afar", noChangeTimeoutMs: 10_000, timeoutMs: 20_000 } as const;
    return (await sandbox.terminal.run(request, { signal: AbortSignal.timeout(30_000) })).output;
  }

  it("runs commands over ssh", async () => {
    await fakeSsh(folder.path, engineSocket());
    deepEqual(await greeting("ssh://me@build.example", { PATH: `${folder.path}:${process.env["PATH"]}` }), "from afar\n");
  });

  it("runs commands over TLS", async () => {
    await makeCertificates(folder.path);
    await using server = await tlsEngine(folder.path, engineSocket());
    const tls = { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: folder.path };
    deepEqual(await greeting(`tcp://127.0.0.1:${server.port}`, tls), "from afar\n");
  });
});
