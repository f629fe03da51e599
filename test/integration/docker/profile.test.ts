import { deepEqual } from "node:assert/strict";
import { useEngine } from "../../support/docker.ts";
import { testSandboxes } from "../../support/sandboxes.ts";
import { matchesGolden } from "../../support/transcript.ts";

const { signal } = new AbortController();

describe("the profile of a sandbox's container", () => {
  const engine = useEngine();

  it("is exactly this one, as the engine understands it", async () => {
    await using all = await testSandboxes(engine);
    const sandbox = await all.open();
    const { Config, HostConfig, Mounts } = await engine.docker.getContainer(`oh-${all.idOf(sandbox)}`).inspect();
    const inOrder = Mounts.toSorted((one, other) => (one.Destination < other.Destination ? -1 : 1));
    matchesGolden("docker-profile.json", `${JSON.stringify({ Config, HostConfig, Mounts: inOrder }, steady, 2)}\n`);
  });

  it("lets nothing out of it: no mounts, no name spaces, no other user, no network", async () => {
    await using all = await testSandboxes(engine);
    const sandbox = await all.open();
    const lines = [
      "grep -E '^(CapBnd|CapEff|NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\t '",
      "mount -t tmpfs none /mnt 2>/dev/null; echo mount $?",
      "unshare -U true 2>/dev/null; echo unshare $?",
      "touch /etc/here 2>/dev/null; echo root $?",
      "touch /oh/here 2>/dev/null; echo tools $?",
      "su -c id 2>/dev/null </dev/null; echo su $?",
      "(exec 3<>/dev/tcp/1.1.1.1/53) 2>&1 | grep -o 'unreachable' | head -1",
      "printf '#!/bin/sh\\necho runs' > /tmp/own && chmod +x /tmp/own && /tmp/own",
      "ls /oh/busybox | wc -l | xargs test 100 -lt && echo busybox",
      "env | grep -ciE 'key|token|secret|password'",
    ];
    const { output } = await sandbox.terminal.run({ type: "command", command: lines.join("\n"), noChangeTimeoutMs: 20_000 }, { signal });
    deepEqual(output.trim().split("\n"), [
      "CapEff:0000000000000000",
      "CapBnd:0000000000000000",
      "NoNewPrivs:1",
      "Seccomp:2",
      "mount 32",
      "unshare 1",
      "root 1",
      "tools 1",
      "su 1",
      "unreachable",
      "runs",
      "busybox",
      "0",
    ]);
  });
});

/** What differs from one container or build to the next, or is the engine's own. */
const unsteady = new Set(["Image", "Hostname", "created", "host", "session", "owner", "Source", "MaskedPaths", "ReadonlyPaths"]);

/** What is not set is left out, so that an engine of another version may know more fields; one that is set is told, whatever its name. */
function steady(key: string, value: unknown): unknown {
  if (unsteady.has(key)) return `<${key}>`;
  if (typeof value === "string" && /^(?:oh|openhands-tools)-/.test(value)) return "<volume>";
  return isEmpty(value) ? undefined : value;
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => item === 0);
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === null || value === 0 || value === "" || value === false;
}
