// The image of sandbox-server, and containers of it as a person starts them.
import { realpath } from "node:fs/promises";
import path from "node:path";
import type Docker from "dockerode";
import { root } from "./checkout.ts";
import { runCommand } from "./command.ts";
import { type TestEngine, testImage } from "./docker.ts";
import { until } from "./until.ts";

const image = `oh-test-headless:${process.pid}`;
const key = "a-key-of-the-tests";

export interface ServerContainer extends AsyncDisposable {
  readonly container: Docker.Container;
  readonly url: string;
  readonly key: string;
  /** Ends it as `docker stop` does, and resolves to its exit code and to how long that took. */
  stop(): Promise<{ readonly code: number; readonly ms: number }>;
  /** By SIGKILL. */
  kill(): Promise<void>;
  /** What a command in it prints. */
  run(...command: readonly string[]): Promise<string>;
}

export interface ContainerOptions {
  readonly binds?: readonly string[];
  readonly user?: string;
  readonly args?: readonly string[];
  /** Where the key is said. */
  readonly keyName?: string;
}

/** For a `describe`: builds the image once, and takes it away afterwards. Returns how one starts a container of it. */
export function useServerImage(engine: TestEngine): (options?: ContainerOptions) => Promise<ServerContainer> {
  let isMade = false;
  before(async function () {
    this.timeout(300_000);
    isMade = true;
    const build = {
      IMAGE: image,
      BASE_IMAGE: await testImage(engine.docker, "debian"),
      PACKAGES: "",
      NODE_PROGRAM: await realpath(path.join(root, "node_modules/.bin/node")),
    };
    await runCommand(process.execPath, [path.join(root, ".ci/dockerBuild.mjs")], { env: { ...process.env, ...build } });
  });
  // Without an engine nothing was made, and there is nobody to ask.
  after(async () => isMade && (await engine.docker.getImage(image).remove({ force: true })));
  return (options) => startContainer(engine.docker, options);
}

/** Made, and not started: for what does not become a server. */
export function createContainer(docker: Docker, more: Docker.ContainerCreateOptions): Promise<Docker.Container> {
  return docker.createContainer({ Image: image, Labels: testLabels, ...more });
}

export const testLabels = { app: "openhands-vscode", owner: String(process.pid) };

/** Resolves when it is healthy. Disposing removes it, whatever it does. */
async function startContainer(docker: Docker, options: ContainerOptions = {}): Promise<ServerContainer> {
  const { binds = [], user, args, keyName = "SESSION_API_KEY" } = options;
  const container = await createContainer(docker, {
    Env: [`${keyName}=${key}`],
    ...(args === undefined ? {} : { Cmd: [...args] }),
    ...(user === undefined ? {} : { User: user }),
    ExposedPorts: { "8000/tcp": {} },
    Healthcheck: { Interval: 500_000_000 },
    HostConfig: { Init: true, Binds: [...binds], PortBindings: { "8000/tcp": [{ HostIp: "127.0.0.1", HostPort: "0" }] } },
  });
  const end = () => container.remove({ force: true });
  try {
    await container.start();
    await until("it to be healthy", async () => (await container.inspect()).State.Health?.Status === "healthy");
    const port = (await container.inspect()).NetworkSettings.Ports["8000/tcp"]?.[0]?.HostPort;
    return {
      container,
      url: `http://127.0.0.1:${port}`,
      key,
      stop: async () => {
        const start = performance.now();
        await container.stop();
        return { code: (await container.inspect()).State.ExitCode, ms: performance.now() - start };
      },
      kill: () => container.kill({ signal: "SIGKILL" }),
      run: (...command) => outputOf(container, command),
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function outputOf(container: Docker.Container, command: readonly string[]): Promise<string> {
  const exec = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true, Tty: true });
  const stream = await exec.start({ Tty: true });
  let output = "";
  for await (const piece of stream) output += String(piece);
  return output.replaceAll("\r\n", "\n");
}
