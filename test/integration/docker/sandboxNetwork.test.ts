import { deepEqual, equal, match } from "node:assert/strict";
import type { ConversationId } from "../../../src/protocol/ids.ts";
import type { Sandbox } from "../../../src/runtime/docker/sandboxes.ts";
import { useEngine } from "../../support/docker.ts";
import { testSandboxes } from "../../support/sandboxes.ts";

/** Where a container is, by a file that each has. */
const ownAddress = "awk '/32 host/ { print last } { last = $2 }' /proc/net/fib_trie | grep -v ^127 | head -1";

const { signal } = new AbortController();

describe("the network of a sandbox", () => {
  const engine = useEngine();

  async function networksOf(id: ConversationId): Promise<string[]> {
    return (await engine.docker.listNetworks({ filters: { label: [`session=${id}`] } })).map(({ Name: name }) => name);
  }

  it("is one of its own, so that sandboxes do not reach each other, and goes with it", async () => {
    await using all = await testSandboxes(engine);
    const [one, other] = await Promise.all([all.open({ network: "bridge" }), all.open()]);
    await other.setNetwork("bridge", signal);
    const run = async (sandbox: Sandbox, text: string) =>
      (await sandbox.terminal.run({ type: "command", command: text, noChangeTimeoutMs: 20_000 }, { signal })).output.trim();
    const address = await run(one, ownAddress);
    match(address, /^\d+\.\d+\.\d+\.\d+$/);
    // Refused at once it would be reached; nobody listens there.
    const ask = (host: string) => `timeout 2 bash -c 'exec 3<>/dev/tcp/${host}/9' 2>/dev/null; echo $?`;
    equal(await run(one, ask(address)), "1");
    equal(await run(other, ask(address)), "124");
    const ids = [one, other].map((sandbox) => all.idOf(sandbox));
    deepEqual(
      await Promise.all(ids.map(networksOf)),
      ids.map((id) => [`oh-${id}`]),
    );
    await Promise.all([one, other].map((sandbox) => sandbox[Symbol.asyncDispose]()));
    deepEqual(await Promise.all(ids.map(networksOf)), [[], []]);
  });

  it("is switched on and off while the sandbox runs; the terminal stays, and the model is told once", async () => {
    await using all = await testSandboxes(engine);
    const sandbox = await all.open();
    const changes: string[] = [];
    using _ = all.sandboxes.onDidChange(() => changes.push(sandbox.info.wall));
    const run = (text: string) => sandbox.terminal.run({ type: "command", command: text, noChangeTimeoutMs: 20_000 }, { signal });
    const interfaces = "ls /sys/class/net | tr '\\n' ' '";
    await run("MINE=kept");
    equal((await run(interfaces)).output.trim(), "lo");
    await sandbox.setNetwork("bridge", signal);
    const on = await run(`echo $MINE; ${interfaces}`);
    deepEqual([on.output.split("\n")[0], /\beth\d/.test(on.output), sandbox.info.hasNetwork], ["kept", true, true]);
    equal(on.notice, "The person has switched the sandbox's network on: from now on hosts can be reached and things can be downloaded.");
    equal((await run("true")).notice, undefined);
    await sandbox.setNetwork("none", signal);
    const off = await run(`echo $MINE; ${interfaces}`);
    deepEqual([off.output.trim().split("\n"), sandbox.info.hasNetwork, sandbox.ref.network], [["kept", "lo"], false, "none"]);
    equal(off.notice, "The person has switched the sandbox's network off: from now on nothing can be reached or downloaded.");
    deepEqual(await networksOf(all.idOf(sandbox)), []);
    deepEqual(changes, ["Docker · debian:bookworm-slim · network on", "Docker · debian:bookworm-slim · no network"]);
  });
});
