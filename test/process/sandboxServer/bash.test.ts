import { deepEqual, equal, match, ok } from "node:assert/strict";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import type { BashEvent, BashOutput } from "../../../src/protocol/agentServer/base.ts";
import { listProcesses } from "../../../src/runtime/machine/processes.ts";
import { type Answered, type HeadlessServer, startHeadless } from "../../support/headlessServer.ts";
import { type TempFolder, tempFolder } from "../../support/workspaces.ts";

describe("single commands of sandbox-server", () => {
  let folder: TempFolder;
  let server: HeadlessServer;

  before(async () => {
    folder = await tempFolder({ "sub/file.txt": "hello" });
    server = await startHeadless({ workspace: folder.path });
  });
  beforeEach(() => server.ask("/api/bash/bash_events", { method: "DELETE" }));
  after(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const execute = async (json: object): Promise<BashOutput> => (await server.ask("/api/bash/execute_bash_command", { json })).json;
  /** Until its time is over, in which it has begun: on a busy machine that may need more of it. */
  const executeFor = async (command: string): Promise<BashOutput> => {
    for (const timeout of [1, 5]) {
      const output = await execute({ command, timeout });
      if (output.stdout !== null) return output;
    }
    return execute({ command, timeout: 20 });
  };
  const search = (query = ""): Promise<Answered> => server.ask(`/api/bash/bash_events/search?${query}`);
  const kinds = ({ json }: Answered): string[] => json.items.map(({ kind }: BashEvent) => kind);

  it("answers with the output and the exit code, also of what a signal ended and what cannot be started", async () => {
    const { id, timestamp, command_id, ...rest } = await execute({ command: "pwd; echo no >&2; exit 3", cwd: `${folder.path}/sub` });
    for (const one of [id, command_id]) match(one, /^[\da-f]{32}$/);
    match(timestamp, /Z$/);
    deepEqual(rest, { kind: "BashOutput", order: 0, exit_code: 3, stdout: `${folder.path}/sub\n`, stderr: "no\n" });
    const brief = async (json: object) => {
      const { exit_code, stdout, stderr } = await execute(json);
      return [exit_code, stdout, stderr === null ? null : "…"];
    };
    deepEqual(await brief({ command: "kill -9 $$" }), [-9, null, null]);
    deepEqual(
      [await brief({ command: "true", cwd: "/no/such/folder" }), (await execute({ command: "true", cwd: "/no/such/folder" })).stderr],
      [[-1, null, "…"], "There is no folder /no/such/folder to run it in, so nothing was run."],
    );
    deepEqual(await brief({ command: "echo \0" }), [-1, null, "…"]);
    deepEqual(await brief({ command: "cat; tty" }), [1, "not a tty\n", null]);
  });

  it("ends a command after its time by TERM, then KILL, with all of its group, and keeps what came", async () => {
    const polite = await executeFor("trap 'echo bye; exit 0' TERM; echo begun; sleep 60 & wait");
    deepEqual([polite.exit_code, polite.stdout], [-1, "begun\nbye\n"]);
    const stubborn = await executeFor("trap '' TERM; echo $$; (trap '' TERM; sleep 60) & wait; sleep 60");
    equal(stubborn.exit_code, -1);
    const left = (await listProcesses()).filter(({ group }) => group === Number(stubborn.stdout));
    deepEqual(left, []);
    const held = await execute({ command: "setsid sleep 30 & echo done", timeout: 0 });
    equal(held.exit_code, -1);
  });

  it("cuts long output into parts of 1 MiB, in order, between characters; the answer is the last", async () => {
    const last = await execute({ command: "head -c 2500000 /dev/zero | tr '\\0' x; printf '%0.s😀' 1 2 3; echo error >&2" });
    const { json } = await search(`command_id__eq=${last.command_id}`);
    const outputs: BashOutput[] = json.items;
    deepEqual(
      outputs.map(({ order, exit_code, stdout, stderr }) => [order, exit_code, stdout?.length, stderr]),
      [
        [0, null, 1_048_576, null],
        [1, null, 1_048_576, null],
        [2, 0, 2_500_000 - 2 * 1_048_576 + 6, "error\n"],
      ],
    );
    equal(outputs.at(-1)?.id, last.id);
    deepEqual((await search(`command_id__eq=${last.command_id}&order__gt=0`)).json.items.length, 2);
  });

  it("starts a command without waiting for it, and tells of it later", async () => {
    const { json: command } = await server.ask("/api/bash/start_bash_command/", { json: { command: "sleep 0.1; echo later" } });
    deepEqual([command.kind, command.cwd, command.timeout], ["BashCommand", null, 300]);
    const dashed = command.id.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    const output = async (): Promise<BashOutput[]> => (await search(`command_id__eq=${dashed}`)).json.items;
    while ((await output()).length === 0);
    equal((await output())[0]?.stdout, "later\n");
    deepEqual((await server.ask(`/api/bash/bash_events/${command.id}`)).json, command);
    deepEqual((await server.ask(`/api/bash/bash_events/${dashed}`)).json, command);
  });

  it("finds events by kind, time and order, in pages that begin where the last one ended", async () => {
    for (const word of ["one", "two", "three"]) await execute({ command: `echo ${word}` });
    deepEqual(kinds(await search()), ["BashCommand", "BashOutput", "BashCommand", "BashOutput", "BashCommand", "BashOutput"]);
    deepEqual(kinds(await search("kind__eq=BashCommand")), ["BashCommand", "BashCommand", "BashCommand"]);
    const newest = await search("sort_order=TIMESTAMP_DESC&kind__eq=BashOutput&limit=2");
    deepEqual(
      newest.json.items.map(({ stdout }: BashOutput) => stdout),
      ["three\n", "two\n"],
    );
    const page = await search(`sort_order=TIMESTAMP_DESC&kind__eq=BashOutput&limit=2&page_id=${newest.json.next_page_id}`);
    deepEqual([page.json.items[0].stdout, page.json.next_page_id], ["one\n", null]);
    deepEqual((await search("limit=6")).json.next_page_id, null);
    deepEqual(kinds(await search("page_id=unknown&limit=1")), ["BashCommand"]);
    const third = (await search("limit=5")).json.items[4];
    deepEqual((await search(`timestamp__gte=${third.timestamp}&kind__eq=BashCommand`)).json.items.length, 1);
    const naive = third.timestamp.replace("Z", "");
    deepEqual((await search(`timestamp__lt=${naive}&kind__eq=BashCommand`)).json.items.length, 2);
    deepEqual(kinds(await search("limit=1000")).length, 6);
  });

  it("gives many by id, with null for those that are not there, to a GET with a body and to a POST", async () => {
    const { id } = await execute({ command: "true" });
    const ids = [id, "0".repeat(32), "nonsense"];
    const posted = await server.ask("/api/bash/bash_events/", { json: ids });
    deepEqual([posted.json[0].id, posted.json[1], posted.json[2]], [id, null, null]);
    const body = JSON.stringify(ids);
    const got = await new Promise<string>((resolve, reject) => {
      const asked = request(
        `${server.url}/api/bash/bash_events/`,
        { headers: { "x-session-api-key": server.key, "content-length": body.length } },
        (answer) => resolve(text(answer)),
      );
      asked.on("error", reject).end(body);
    });
    deepEqual(JSON.parse(got), posted.json);
  });

  it("forgets all events when it is told to, and tells how many there were", async () => {
    await execute({ command: "true" });
    deepEqual((await server.ask("/api/bash/bash_events", { method: "DELETE" })).json, { cleared_count: 2 });
    deepEqual((await search()).json, { items: [], next_page_id: null });
    const unknown = await server.ask(`/api/bash/bash_events/${"0".repeat(32)}`);
    deepEqual(unknown, { status: 404, json: { detail: "Not Found" } });
  });

  it("says what is wrong with a request, and repeats nothing that may be secret", async () => {
    const cases: readonly (readonly [unknown, unknown])[] = [
      [{}, { type: "missing", loc: ["body", "command"], msg: "Field required", input: null }],
      [{ command: 3 }, { type: "string_type", loc: ["body", "command"], input: 3 }],
      [
        { command: "x", timeout: 1.5 },
        { loc: ["body", "timeout"], input: 1.5 },
      ],
      [
        { command: "x", timeout: -1 },
        { type: "greater_than_equal", loc: ["body", "timeout"], input: -1 },
      ],
      [[], { loc: ["body"], input: "<redacted>" }],
    ];
    for (const [json, expected] of cases) {
      const answer = await server.ask("/api/bash/execute_bash_command", { json });
      equal(answer.status, 422);
      const { detail } = answer.json;
      for (const [name, value] of Object.entries(expected as object)) deepEqual(detail[0][name], value, JSON.stringify(detail));
    }
    for (const query of ["limit=0", "kind__eq=Other", "command_id__eq=xyz", "timestamp__gte=yesterday", "sort_order=UP"])
      equal((await search(query)).status, 422, query);
  });

  it("runs no more than 64 at once", async () => {
    const started = await Promise.all(
      Array.from({ length: 70 }, () => server.ask("/api/bash/start_bash_command", { json: { command: "sleep 300", timeout: 300 } })),
    );
    const refused = started.filter(({ status }) => status === 429);
    ok(refused.length >= 1 && refused.length <= 6, `${refused.length}`);
  });
});
