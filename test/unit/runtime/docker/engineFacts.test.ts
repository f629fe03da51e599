import { deepEqual } from "node:assert/strict";
import { EngineInfo, EngineVersion, engineFacts } from "../../../../src/runtime/docker/engineFacts.ts";

function warningsOf(runc: string, desktop = ""): readonly string[] {
  const Components = [
    { Name: "Engine", Version: "28.0.0" },
    { Name: "runc", Version: runc },
  ];
  const version = EngineVersion.parse({ Version: "28.0.0", Os: "linux", Arch: "amd64", Platform: { Name: desktop }, Components });
  return engineFacts(version, EngineInfo.parse({})).warnings;
}

describe("what an engine says of itself", () => {
  it("warns of a runc with known ways out", () => {
    const of2025 = "CVE-2025-31133, CVE-2025-52565, CVE-2025-52881";
    const words = (version: string, known: string, unless = ""): string[] => [
      `The engine's runc ${version} has ways out of a container (${known})${unless}: update it to 1.2.8, 1.3.3 or newer.`,
    ];
    const patched = ", unless your distribution has put the fixes into it";
    deepEqual(
      [
        "1.1.11",
        "1.1.12",
        "1.2.7",
        "1.2.8",
        "1.3.0",
        "1.3.2",
        "1.3.3",
        "1.4.0-rc.2",
        "1.4.0-rc.3",
        "1.4.0",
        "1.1.5+ds1",
        "1.1.15-0ubuntu1",
      ].map((runc) => warningsOf(runc)),
      [
        words("1.1.11", `CVE-2024-21626, ${of2025}`),
        words("1.1.12", of2025),
        words("1.2.7", of2025),
        [],
        words("1.3.0", of2025),
        words("1.3.2", of2025),
        [],
        words("1.4.0-rc.2", of2025),
        [],
        [],
        words("1.1.5+ds1", `CVE-2024-21626, ${of2025}`, patched),
        words("1.1.15-0ubuntu1", of2025, patched),
      ],
    );
  });

  it("warns of a Docker Desktop whose containers command the engine", () => {
    deepEqual(
      ["Docker Desktop 4.44.2 (200001)", "Docker Desktop 4.44.3 (202357)", "Docker Engine - Community"].map((name) =>
        warningsOf("1.3.3", name),
      ),
      [["Docker Desktop 4.44.2 lets containers out (CVE-2025-9074): update it to 4.44.3 or newer."], [], []],
    );
  });

  it("knows Podman, and what it says of its runc", () => {
    const Components = [
      { Name: "Podman Engine", Version: "4.3.1" },
      { Name: "OCI Runtime (runc)", Version: "runc version 1.3.4\ncommit: unknown\nspec: 1.0.2-dev" },
    ];
    const version = EngineVersion.parse({
      Version: "4.3.1",
      Os: "linux",
      Arch: "arm64",
      Platform: { Name: "linux/arm64/debian-12" },
      Components,
    });
    deepEqual(engineFacts(version, EngineInfo.parse({ Rootless: true, SecurityOptions: null, Runtimes: { crun: {}, runc: {} } })), {
      id: "",
      name: "Podman",
      version: "4.3.1",
      architecture: "arm64",
      isRootless: true,
      ociRuntimes: ["crun", "runc"],
      warnings: [],
    });
  });
});
