import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findOnPath } from "../../../.ci/debian.mjs";
import { connectEngine, type Engine } from "../../../src/runtime/docker/engine.ts";
import { RuntimeError } from "../../../src/runtime/runtime.ts";
import { engineSocket, testImage, useEngine } from "../../support/docker.ts";
import { deadSocket, fakeSsh, makeCertificates, silentEngine, tcpEngine, tlsEngine } from "../../support/otherEngines.ts";
import { until } from "../../support/until.ts";
import { type TempFolder, tempFolder } from "../../support/workspaces.ts";

type Environment = Record<string, string | undefined>;

describe("the engine of a person", () => {
  const engine = useEngine();
  let home: TempFolder;

  beforeEach(async () => {
    home = await tempFolder();
  });
  afterEach(() => home[Symbol.asyncDispose]());

  /** As it were on a fresh machine, with nothing of this one's. */
  function connect(environment: Environment, dockerHost = "", answerMs = 10_000): Promise<Engine> {
    const env = { HOME: home.path, XDG_RUNTIME_DIR: home.path, PATH: home.path, ...environment };
    return connectEngine({ dockerHost, environment: env, answerMs }, AbortSignal.timeout(30_000));
  }

  async function sentence(environment: Environment, dockerHost = "", answerMs = 10_000): Promise<string> {
    const error = await connect(environment, dockerHost, answerMs).then(
      () => new Error("It has connected."),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof RuntimeError)) throw error;
    return error.message.replaceAll(home.path, "~");
  }

  /** Another way to the same engine is a whole one when it also carries a container's input and output. */
  async function isTheEngine({ docker, facts }: Engine): Promise<void> {
    const { Version: version, Arch: architecture } = await engine.docker.version();
    deepEqual([facts.version, facts.architecture], [version, architecture]);
    equal(await throughContainer(docker), "to and fro\n");
  }

  async function throughContainer(docker: Engine["docker"]): Promise<string> {
    const Image = await testImage(engine.docker, "debian");
    const container = await docker.createContainer({ Image, Cmd: ["cat"], OpenStdin: true, StdinOnce: true, NetworkDisabled: true });
    try {
      const stream = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true });
      const ended = once(stream, "end");
      const frames: Buffer[] = [];
      stream.on("data", (frame: Buffer) => frames.push(frame));
      await container.start();
      stream.end("to and fro\n");
      await ended;
      return Buffer.concat(frames).subarray(8).toString();
    } finally {
      await container.remove({ force: true });
    }
  }

  it("is reached by its socket, named in the setting, which comes before everything else", async () => {
    using connected = await connect({ DOCKER_HOST: "unix:///nowhere" }, `unix://${engineSocket()}`);
    equal(connected.facts.address, engineSocket());
    await isTheEngine(connected);
  });

  it("is reached by DOCKER_HOST, which comes before the context", async () => {
    using connected = await connect({ DOCKER_HOST: `unix://${engineSocket()}`, DOCKER_CONTEXT: "not there" });
    await isTheEngine(connected);
  });

  it("is found in one of the usual places", async () => {
    await mkdir(path.join(home.path, ".docker/run"), { recursive: true });
    await symlink(engineSocket(), path.join(home.path, ".docker/run/docker.sock"));
    using connected = await connect({});
    await isTheEngine(connected);
  });

  it("is reached over TLS, by DOCKER_HOST and by a context", async () => {
    await makeCertificates(home.path);
    await using server = await tlsEngine(home.path, engineSocket());
    const host = `tcp://127.0.0.1:${server.port}`;
    {
      using connected = await connect({ DOCKER_HOST: host, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: home.path });
      await isTheEngine(connected);
      equal(connected.facts.isElsewhere, false);
    }
    await makeContext("secure", host, home.path);
    using connected = await connect({ DOCKER_CONTEXT: "secure" });
    await isTheEngine(connected);
  });

  async function makeContext(name: string, host: string, certificates?: string): Promise<void> {
    const id = createHash("sha256").update(name).digest("hex");
    const folder = path.join(home.path, ".docker/contexts");
    await mkdir(path.join(folder, "meta", id), { recursive: true });
    const meta = { Name: name, Metadata: {}, Endpoints: { docker: { Host: host, SkipTLSVerify: false } } };
    await writeFile(path.join(folder, "meta", id, "meta.json"), JSON.stringify(meta));
    if (certificates === undefined) return;
    const to = path.join(folder, "tls", id, "docker");
    await mkdir(to, { recursive: true });
    for (const file of ["ca.pem", "cert.pem", "key.pem"]) await cp(path.join(certificates, file), path.join(to, file));
  }

  it("is reached by the context that is in use", async () => {
    await makeContext("mine", `unix://${engineSocket()}`);
    await writeFile(path.join(home.path, ".docker/config.json"), '{"auths":{},"currentContext":"mine"}');
    using connected = await connect({});
    await isTheEngine(connected);
  });

  it("is reached over ssh, with one program for requests that follow each other", async () => {
    await fakeSsh(home.path, engineSocket());
    using connected = await connect({}, "ssh://me@build.example:2222");
    await isTheEngine(connected);
    equal(connected.facts.isElsewhere, true);
    const calls = (await readFile(path.join(home.path, "ssh.log"), "utf8")).trim().split("\n");
    const options = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-T", "-l", "me", "-p", "2222"];
    deepEqual(JSON.parse(calls[0] ?? ""), [...options, "--", "build.example", "docker", "system", "dial-stdio"]);
    equal(calls.length, 2, "one for the requests, and one that the container has for itself");
  });

  it("says why a place that was named is none, and tries no other", async () => {
    await deadSocket(path.join(home.path, "dead.sock"));
    await using plain = await tcpEngine(engineSocket());
    await using silent = await silentEngine();
    await makeCertificates(home.path);
    await using secure = await tlsEngine(home.path, engineSocket());
    await fakeSsh(home.path, engineSocket());
    const tls = { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: home.path };
    const other = await tempFolder();
    await makeCertificates(other.path);
    const sentences = {
      missing: await sentence({ DOCKER_HOST: `unix://${home.path}/none.sock` }),
      dead: await sentence({}, `unix://${home.path}/dead.sock`),
      refused: await sentence({ DOCKER_HOST: "tcp://127.0.0.1:1" }),
      silent: await sentence({ DOCKER_HOST: `tcp://127.0.0.1:${silent.port}` }, "", 300),
      wantsTls: await sentence({ DOCKER_HOST: `tcp://127.0.0.1:${secure.port}` }),
      noTls: await sentence({ DOCKER_HOST: `tcp://127.0.0.1:${plain.port}`, ...tls }),
      wrongCertificates: await sentence({ DOCKER_HOST: `tcp://127.0.0.1:${secure.port}`, ...tls, DOCKER_CERT_PATH: other.path }),
      noContext: await sentence({ DOCKER_CONTEXT: "gone" }),
      sshRefused: await sentence({}, "ssh://refused"),
      sshNoDocker: await sentence({}, "ssh://nodocker"),
      sshSilent: await sentence({}, "ssh://silent", 500),
      noSsh: await sentence({ PATH: "/nowhere" }, "ssh://build.example"),
      noAddress: await sentence({ DOCKER_HOST: "carrier-pigeon://coop" }),
    };
    await other[Symbol.asyncDispose]();
    const at = (place: string, words: string): string => `No Docker engine answers at ${place}: ${words}.`;
    const [byHost, bySetting] = ["named by DOCKER_HOST", "named by the setting sandbox.dockerHost"];
    const start =
      process.platform === "linux" ? 'start it, such as by "sudo systemctl start docker"' : "start it, such as by opening Docker Desktop";
    const ssh = (host: string): string => `make "ssh ${host} docker version" work without it asking for anything`;
    const unreached = "check the network to that machine, and its engine";
    deepEqual(sentences, {
      missing: at(`~/none.sock, ${byHost}`, "there is no such socket; start Docker, or correct DOCKER_HOST"),
      dead: at(`~/dead.sock, ${bySetting}`, `the socket is there, but no engine listens to it; ${start}`),
      refused: at(`tcp://127.0.0.1:1, ${byHost}`, "nothing listens there; start the engine there, or correct the port"),
      silent: at(`tcp://127.0.0.1:${silent.port}, ${byHost}`, `no answer in 0.3 seconds; ${unreached}`),
      wantsTls: at(
        `tcp://127.0.0.1:${secure.port}, ${byHost}`,
        "it closed the connection without an answer; restart the engine, or check whether it expects TLS",
      ),
      noTls: at(
        `tcp://127.0.0.1:${plain.port}, ${byHost}`,
        "it does not speak TLS; unset DOCKER_TLS_VERIFY, or use the engine's port for TLS",
      ),
      wrongCertificates: at(
        `tcp://127.0.0.1:${secure.port}, ${byHost}`,
        "TLS failed (self-signed certificate in certificate chain); check ca.pem, cert.pem and key.pem where DOCKER_CERT_PATH or the context has them",
      ),
      noContext: 'There is no Docker context named "gone"; "docker context ls" shows those that there are.',
      sshRefused: at(`ssh://refused, ${bySetting}`, `me@refused: Permission denied (publickey); ${ssh("refused")}`),
      sshNoDocker: at(`ssh://nodocker, ${bySetting}`, `bash: line 1: docker: command not found; ${ssh("nodocker")}`),
      sshSilent: at(`ssh://silent, ${bySetting}`, `no answer in 0.5 seconds; ${unreached}`),
      noSsh: at(`ssh://build.example, ${bySetting}`, "there is no program ssh on this machine; install an OpenSSH client"),
      noAddress:
        '"carrier-pigeon://coop" is no address of a Docker engine; it looks like unix:///var/run/docker.sock, tcp://host:2376, ssh://me@host or npipe:////./pipe/docker_engine.',
    });
  });

  it("says what to do where the person may not use the socket", async function () {
    if (process.platform === "win32") this.skip();
    const socket = path.join(home.path, "docker.sock");
    await using _server = await silentEngine(socket);
    await chmod(socket, 0o600);
    await chmod(home.path, 0o755);
    const words = await asNobody(() => sentence({}, `unix://${socket}`));
    match(words, /docker\.sock, named by the setting sandbox\.dockerHost: permission denied; .*"sudo usermod -aG docker \$USER"/);
  });

  /** Root may use every socket. */
  async function asNobody<T>(work: () => Promise<T>): Promise<T> {
    if (process.getuid?.() !== 0) {
      await chmod(path.join(home.path, "docker.sock"), 0);
      return work();
    }
    process.seteuid?.("nobody");
    try {
      return await work();
    } finally {
      process.seteuid?.(0);
    }
  }

  it("says what was tried where none is named, and goes on from one that does not answer", async () => {
    const run = path.join(home.path, ".docker/run");
    await mkdir(run, { recursive: true });
    await deadSocket(path.join(run, "docker.sock"));
    // Where this machine has an engine at Docker's own socket, that is found first.
    const found = await connect({}).catch((error: unknown) => error);
    if (found instanceof Error) {
      match(
        found.message,
        /^No Docker engine answers \(.*\.docker\/run\/docker\.sock: the socket is there, but no engine listens to it; nothing is at .*\): start it/,
      );
    } else (found as Engine)[Symbol.dispose]();
    await mkdir(path.join(home.path, ".orbstack/run"), { recursive: true });
    await symlink(engineSocket(), path.join(home.path, ".orbstack/run/docker.sock"));
    using connected = await connect({});
    await isTheEngine(connected);
  });

  it("can be given up while it does not answer", async () => {
    await fakeSsh(home.path, engineSocket());
    await using silent = await silentEngine();
    await using _socket = await silentEngine(path.join(home.path, "silent.sock"));
    for (const dockerHost of ["ssh://silent", `tcp://127.0.0.1:${silent.port}`, `unix://${home.path}/silent.sock`]) {
      const controller = new AbortController();
      const environment = { HOME: home.path, PATH: home.path };
      const connecting = connectEngine({ dockerHost, environment }, controller.signal);
      void delay(100).then(() => controller.abort(new Error("The person has given up.")));
      await rejects(connecting, /given up/);
    }
  });

  it("may be Podman", async function () {
    const socket = path.join(home.path, "podman.sock");
    const podman = await startPodman(socket);
    if (podman === undefined) this.skip();
    try {
      using connected = await connect({ DOCKER_HOST: `unix://${socket}` });
      equal(connected.facts.name, "Podman");
    } finally {
      podman.kill();
      await once(podman, "exit");
    }
  });
});

/** Undefined where there is none. */
async function startPodman(socket: string): Promise<ChildProcess | undefined> {
  if (findOnPath("podman") === undefined) {
    console.log("    Podman is not installed here, so it is not tested.");
    return undefined;
  }
  const own = (name: string): string => path.join(path.dirname(socket), name);
  const podman = spawn(
    "podman",
    ["--root", own("storage"), "--runroot", own("run"), "--storage-driver", "vfs", "system", "service", "--time", "0", `unix://${socket}`],
    { stdio: "ignore" },
  );
  await until("Podman's socket", async () => existsSync(socket));
  return podman;
}
