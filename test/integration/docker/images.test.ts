import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { ensureImage, imageNames, type PresentImage } from "../../../src/runtime/docker/images.ts";
import { RuntimeError } from "../../../src/runtime/runtime.ts";
import { testImage, useEngine } from "../../support/docker.ts";
import { type TestRegistry, testRegistry } from "../../support/registry.ts";
import { until } from "../../support/until.ts";

describe("images", () => {
  const engine = useEngine();
  let registry: TestRegistry;
  let architecture: string;
  let phases: string[];

  beforeEach(async () => {
    phases = [];
    ({ Arch: architecture } = await engine.docker.version());
    registry = await testRegistry({
      "team/tools:1": { layers: 3, layerBytes: 4_000_000 },
      "team/slow:1": { layers: 2, layerBytes: 4_000_000, isSlow: true },
      "team/other:1": { layers: 1, layerBytes: 1_000, architecture: "s390x" },
    });
  });
  afterEach(async () => {
    const pulled = (await imageNames(engine.docker, AbortSignal.timeout(10_000))).filter((name) => name.startsWith(registry.name));
    for (const name of pulled) await engine.docker.getImage(name).remove({ force: true });
    await registry[Symbol.asyncDispose]();
  });

  function ensure(name: string, signal = AbortSignal.timeout(60_000)): Promise<PresentImage> {
    return ensureImage(engine.docker, name, { architecture, onPhase: (phase) => phases.push(phase), signal });
  }

  it("that are there are asked for nowhere", async () => {
    const debian = await testImage(engine.docker, "debian");
    const { id } = await engine.docker
      .getImage(debian)
      .inspect()
      .then(({ Id }) => ({ id: Id }));
    equal((await ensure(debian)).id, id);
    equal((await ensure(id)).id, id);
    deepEqual(phases, []);
    equal((await imageNames(engine.docker, AbortSignal.timeout(10_000))).includes(debian), true);
  });

  it("that are missing are pulled, layer by layer, and the second time are there", async () => {
    const name = `${registry.name}/team/tools:1`;
    deepEqual((await ensure(name)).environment, ["FROM=a registry"]);
    equal(phases[0], `Pulling ${name}`);
    equal(phases.at(-1), `Pulling ${name} · 3 of 3 layers · 12 of 12 MB`);
    const asked = registry.requests.length;
    await registry[Symbol.asyncDispose]();
    equal((await ensure(name)).name, name);
    equal(registry.requests.length, asked);
  });

  it("can be given up while they are pulled, and then nobody goes on", async () => {
    const name = `${registry.name}/team/slow:1`;
    const controller = new AbortController();
    const pulling = ensure(name, controller.signal);
    const half = /1 of 2 layers · [4-6] of 8 MB$/;
    const refused = rejects(pulling, /given up/);
    await until("half of it", async () => registry.sending() === 1 && half.test(phases.at(-1) ?? ""));
    controller.abort(new Error("The person has given up."));
    await refused;
    await until("the engine to hang up", async () => registry.sending() === 0);
    registry.release();
    equal((await ensure(name)).name, name, "what was given up can be begun anew");
  });

  async function sentence(name: string): Promise<string> {
    const error = await ensure(name).then(
      () => new Error(`There is an image ${name}.`),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof RuntimeError)) throw error;
    return error.message.replaceAll(registry.name, "registry");
  }

  it("that cannot be had are explained", async () => {
    deepEqual(
      {
        noTag: await sentence(`${registry.name}/team/tools:2`),
        denied: await sentence(`${registry.name}/private/tools:1`),
        otherArchitecture: await sentence(`${registry.name}/team/other:1`),
        noRegistry: await sentence("127.0.0.1:9/team/tools:1"),
        noName: await sentence("Not an image"),
      },
      {
        noTag: "There is no image registry/team/tools:2: its registry has none of that tag; check the name.",
        denied:
          'The registry does not give the image registry/private/tools:1: check the name or, if it needs a login, pull it yourself by "docker pull registry/private/tools:1".',
        otherArchitecture: `The image registry/team/other:1 is for s390x, and the engine runs ${architecture}: choose another image, or pull this one by "docker pull --platform linux/${architecture} registry/team/other:1".`,
        noRegistry:
          "The image 127.0.0.1:9/team/tools:1 is not on this engine, and its registry does not answer: check the network and try again, or choose an image that is present.",
        noName: '"Not an image" is no name of an image; one looks like python:3.12 or registry.example/team/image:tag.',
      },
    );
  });

  it("that nobody has named are our own, or the usual one", async () => {
    const debian = engine.docker.getImage(await testImage(engine.docker, "debian"));
    await debian.tag({ repo: "openhands/sandbox-server", tag: "0.0.0-test" });
    try {
      match((await ensure("")).name, /^openhands\/sandbox-server:/);
    } finally {
      await engine.docker.getImage("openhands/sandbox-server:0.0.0-test").remove();
    }
  });
});
