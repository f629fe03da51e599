import { deepEqual, equal } from "node:assert/strict";
import { ofHost, sandboxLabels } from "../../src/runtime/docker/labels.ts";
import { engineTraces, type TestImage, testImage, useEngine } from "../support/docker.ts";
import { newId } from "../support/workspaces.ts";

describe("the engine of the tests", () => {
  const engine = useEngine();

  it("tells what a test has left there", async () => {
    const { docker } = engine;
    const before = await engineTraces(docker);
    const hostId = newId();
    const volume = await docker.createVolume({ Labels: sandboxLabels(hostId, newId()) });
    const container = await docker.createContainer({
      Image: await testImage(docker, "debian"),
      Cmd: ["true"],
      Labels: sandboxLabels(hostId, newId()),
    });
    const left = (await engineTraces(docker)).filter((trace) => !before.includes(trace));
    const ours = await docker.listContainers({ all: true, filters: ofHost(hostId) });
    await container.remove();
    await docker.getVolume(volume.name).remove();
    deepEqual(left, [`container ${container.id.slice(0, 12)} of debian:bookworm-slim, created`, `volume ${volume.name}`]);
    deepEqual(
      ours.map(({ Id }) => Id),
      [container.id],
    );
  });

  const users: Readonly<Record<TestImage, string>> = { debian: "", noBash: "", nonRoot: "worker", entrypoint: "", empty: "" };
  for (const [image, user] of Object.entries(users) as [TestImage, string][]) {
    it(`has the image ${image}`, async () => {
      const { Config: config } = await engine.docker.getImage(await testImage(engine.docker, image)).inspect();
      equal(config.User, user);
    });
  }
});
