import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { ConversationStore } from "../../../src/conversation/store.ts";
import { ConversationId } from "../../../src/protocol/ids.ts";
import { startFakeLlm } from "../../support/fakeLlmServer.ts";
import { startOf, tempFolder } from "../../support/workspaces.ts";
import { type CliOptions, doTask, type Ended, finish, idsIn, openhands, program, terminal } from "./openhands.ts";

/** One sentence on standard error, nothing on standard output, and exit code 2. */
function assertRefused({ code, stdout, stderr }: Ended, sentence: RegExp, what: string): void {
  assert.match(stderr, sentence, what);
  assert.deepEqual({ code, stdout, hasStack: /^\s+at /m.test(stderr) }, { code: 2, stdout: "", hasStack: false }, `${what}: ${stderr}`);
}

type Case = readonly [args: readonly string[], sentence: RegExp, options?: CliOptions];

/** Few at once, because each is a process. */
async function refuseAll(cases: readonly Case[]): Promise<void> {
  for (let at = 0; at < cases.length; at += 4) {
    const some = cases.slice(at, at + 4);
    const ends = await Promise.all(some.map(([args, , options]) => openhands(args, options)));
    for (const [index, ended] of ends.entries()) {
      const [args = [], sentence = /^$/] = some[index] ?? [];
      assertRefused(ended, sentence, args.join(" "));
      assert.equal(ended.stderr.trimEnd().split("\n").length, 1, ended.stderr);
    }
  }
}

describe("the command line, called wrongly", function () {
  this.slow(10_000);

  const model = ["--model", "m", "--base-url", "http://127.0.0.1:9/v1"];

  it("refuses commands and flags that it does not know, with a sentence and exit code 2", () =>
    refuseAll([
      [[], /Say what to do/],
      [["dance"], /There is no command "dance"\. The commands are run, list/],
      [["run", "x", "--frobnicate"], /frobnicate.*openhands --help/],
      [["run", "x", "-q"], /-q/],
      [["run", "x", "--json=yes"], /--json/],
      [["run", "x", "--model"], /--model.*missing/],
      [["run", "x", "--model", "--json"], /--model.*ambiguous/],
      [["run", "x", ...model, "--model", "n"], /--model is given twice/],
      [["demo", "--confirm", "always"], /"openhands demo" does not take --confirm/],
      [["list", "--model", "m"], /"openhands list" does not take --model/],
      [["run", "x", "--model", "vscode/copilot/gpt-5"], /exists only inside VS Code.*Choose another model here\./],
      [["demo", "something"], /takes no task/],
      [["list", "something"], /takes no ID/],
      [["show"], /takes one ID/],
      [["delete", "a", "b"], /takes one ID/],
      [["changes", "a", "b"], /takes one ID/],
      [["apply"], /takes one ID/],
      [["apply", "a", "--yes"], /"openhands apply" does not take --yes/],
      [["run", "x", "--diff"], /"openhands run" does not take --diff/],
      [["sandbox"], /"openhands sandbox list"/],
      [["sandbox", "rm"], /"openhands sandbox prune"/],
      [["sandbox", "list", "--yes"], /does not take --yes/],
      [["sandbox", "prune", "--json"], /does not take --json/],
    ]));

  it("refuses values that mean nothing", () =>
    refuseAll([
      [["run"], /No model is chosen|There is no task/],
      [["run", ...model], /There is no task/],
      [["run", "  ", ...model], /There is no task/],
      [["run", "-", ...model], /no task on standard input/],
      [["run", "-", ...model], /NUL character/, { stdin: "do\0it" }],
      [["run", "two", "words", ...model], /put it in quotes/],
      [["run", "x"], /No model is chosen\. Pass --model NAME or set LLM_MODEL/],
      [["run", "x", "--model", "gpt-5"], /gpt-5 needs an API key\. Set LLM_API_KEY/],
      [["run", "x", ...model, "--confirm", "maybe"], /--confirm takes always, risky or never, not "maybe"/],
      [["run", "x", ...model, "--max-steps", "0"], /--max-steps takes a whole number/],
      [["run", "x", ...model, "--max-tokens", "1e6"], /--max-tokens takes a whole number/],
      [["run", "x", ...model, "--max-cost", "free"], /--max-cost takes dollars/],
      [["run", "x", ...model, "--max-cost", "0"], /--max-cost takes dollars/],
      [["run", "x", ...model, "--timeout", "-5"], /--timeout/],
      [["run", "x", ...model, "--timeout", "5m"], /--timeout takes seconds/],
      [["run", "x", ...model, "--runtime", "moon"], /--runtime takes local or docker/],
    ]));

  it("never works on the machine when a sandbox was asked for", () =>
    refuseAll([
      [["run", "x", ...model], /RUNTIME_ENV takes local or docker/, { env: { RUNTIME_ENV: "moon" } }],
      [["demo"], /RUNTIME_ENV takes local or docker/, { env: { RUNTIME_ENV: "moon" } }],
      [["run", "x", ...model, "--image", "debian"], /--image is for a sandbox. Pass --runtime docker with it/],
      [["run", "x", ...model, "--runtime", "local", "--mount"], /--mount is for a sandbox/],
      [["run", "x", ...model, "--runtime", "docker", "--image", " "], /--image takes the name of an image/],
      [["run", "x", ...model, "--runtime", "docker", "--network", "host"], /--network takes none or bridge, not "host"/],
    ]));

  it("refuses a limit on the cost of a model whose price is not known, and keeps one on a price that is set", async () => {
    const oneDollar = { LLM_INPUT_COST_PER_TOKEN: "0.01", LLM_OUTPUT_COST_PER_TOKEN: "0.01" };
    await refuseAll([
      [["run", "x", ...model, "--max-cost", "1"], /What m costs is not known.*LLM_INPUT_COST_PER_TOKEN/],
      [["run", "x", ...model], /set both/, { env: { LLM_INPUT_COST_PER_TOKEN: "0.01" } }],
      [["run", "x", ...model], /takes dollars for one token/, { env: { ...oneDollar, LLM_INPUT_COST_PER_TOKEN: "3" } }],
    ]);
    const usage = { prompt_tokens: 90, completion_tokens: 10, total_tokens: 100 };
    const call = { toolCalls: [{ name: "think", arguments: { thought: "Hm." } }], usage };
    const { code, stderr } = await doTask([call, finish], ["--max-cost", "1"], { env: oneDollar });
    assert.equal(code, 3);
    assert.match(stderr, /The limit of \$1\.00 is reached/);
  });

  it("refuses a workspace that is not there, is a file, or has no name", async () => {
    await using folder = await tempFolder({ "file.txt": "" });
    const inFolder = (name: string): string[] => ["run", "x", ...model, "--workspace", path.join(folder.path, name)];
    await refuseAll([
      [inFolder("none"), /The workspace .*none does not exist/],
      [inFolder("file.txt"), /file\.txt is not a folder/],
      [inFolder("file.txt/below"), /cannot be opened/],
      [["run", "x", ...model, "--workspace", ""], /--workspace takes a folder/],
    ]);
  });

  it("refuses to begin in a folder that is gone, unless it is told another", async () => {
    const wrapper = ["sh", "-c", 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', "sh"];
    const gone = await openhands(["run", "x", ...model], { wrapper });
    assert.deepEqual([gone.code, gone.stderr.trimEnd().split("\n").length], [2, 1], gone.stderr);
    assert.match(gone.stderr, /^The current folder is not there any more\. /);
    assert.equal((await openhands(["list"], { wrapper })).code, 0);
  });

  it("refuses a workspace that it may not read or write", async function () {
    const wrapper = asSomebody();
    if (wrapper === undefined) this.skip();
    // Not below the folder for temporary files, which may be ours alone.
    const folder = await mkdtemp("/tmp/openhands-somebody-");
    await chmod(folder, 0o755);
    for (const [name, mode] of [
      ["unreadable", 0o300],
      ["unwritable", 0o555],
    ] as const) {
      await mkdir(path.join(folder, name));
      await chmod(path.join(folder, name), mode);
    }
    await refuseAll([
      [["run", "x", ...model, "--workspace", path.join(folder, "unreadable")], /unreadable cannot be read/, { wrapper }],
      [["run", "x", ...model, "--workspace", path.join(folder, "unwritable")], /unwritable cannot be written/, { wrapper }],
    ]);
    await rm(folder, { recursive: true });
  });

  it("refuses to begin without a shell, or without a place to keep the conversation", async () => {
    await using folder = await tempFolder({ "file.txt": "" });
    const kept = (name: string): CliOptions => ({ kept: name });
    await refuseAll([
      [["run", "x", ...model], /No shell is found on the PATH/, { env: { PATH: "" } }],
      [["run", "x", ...model], /No shell is found on the PATH/, { env: { PATH: folder.path } }],
      [["run", "x", ...model], /could not be opened|cannot be written/, kept(path.join(folder.path, "file.txt"))],
      [["run", "x", ...model], /could not be opened|cannot be written/, kept("/proc/x")],
      [["list"], /could not be opened/, kept(path.join(folder.path, "file.txt"))],
      [["run", "x", "--resume", "abc"], /could not be opened/, kept(path.join(folder.path, "file.txt"))],
      [["restore", "abc"], /could not be opened/, kept(path.join(folder.path, "file.txt"))],
      [["run", "x", ...model], /Set HOME or OH_PERSISTENCE_DIR/, { env: { HOME: "", OH_PERSISTENCE_DIR: undefined } }],
    ]);
  });

  it("works where plain sh is the only shell", async () => {
    await using bin = await tempFolder();
    await symlink("/bin/sh", path.join(bin.path, "sh"));
    const answers = [{ toolCalls: [terminal("echo hi > out.txt")] }, finish];
    const { code, stderr, files } = await doTask(answers, ["--confirm", "never"], { env: { PATH: bin.path, SHELL: undefined } });
    assert.deepEqual({ code, stderr, files }, { code: 0, stderr: "", files: { "out.txt": "hi\n" } });
  });

  it("works without HOME when it is told where to keep conversations", async () => {
    const { code, stdout } = await doTask([finish], [], { env: { HOME: undefined } });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "All done." });
  });

  it("ends with 2 when the key, the model or the address is refused, and says why without the key", async () => {
    const options = { env: { LLM_API_KEY: "sk-own-secret" } };
    const refused = (status: number, message: string): Promise<Ended> => doTask([{ status, body: { error: { message } } }], [], options);
    const page = { status: 404, body: "<html><body>Nothing here</body></html>" };
    const [key, unknownModel, wrongPath] = await Promise.all([
      refused(401, "no"),
      refused(404, "no such model"),
      doTask([page], [], options),
    ]);
    assertRefused(key, /refused the API key/, "key");
    assertRefused(unknownModel, /does not know the model "fake"/, "model");
    assertRefused(wrongPath, /model|base URL/, "path");
    for (const { stderr } of [key, unknownModel, wrongPath]) assert.doesNotMatch(stderr, /sk-own-secret/);
  });

  it("ends with 2 when nobody is at the address, or it is a web page", async () => {
    await using closed = await startFakeLlm([]);
    const { url } = closed;
    await closed[Symbol.asyncDispose]();
    const at = (base: string): Promise<Ended> => openhands(["run", "x", "--model", "m", "--base-url", base]);
    const [refused, unknown, page, none] = await Promise.all([
      at(url),
      at("http://nowhere.invalid/v1"),
      doTask(Array(3).fill({ bytes: ["<!doctype html><title>Hi</title>"], contentType: "text/html" }), []),
      at("localhost:1"),
    ]);
    assertRefused(refused, /cannot be reached \(ECONNREFUSED\)/, "refused");
    assertRefused(unknown, /nowhere\.invalid cannot be reached/, "unknown");
    assertRefused(page, /did not answer with a stream.*Check the base URL/, "page");
    assertRefused(none, /is not an http or https address/, "no address");
  });

  it("refuses conversations that are not there, and tells the candidates when several are meant", async () => {
    await using home = await tempFolder();
    const ids = ["aaaa0000", "aaaa1111"].map((start) => `${start}-0000-4000-8000-000000000000`);
    const store = new ConversationStore(path.join(home.path, "conversation-logs"));
    for (const id of ids) await (await store.create(startOf({ id: ConversationId.parse(id) })))[Symbol.asyncDispose]();
    const kept = { kept: home.path };
    await refuseAll([
      [["run", "x", "--resume", "zzz"], /"zzz" is not the ID of a conversation/, kept],
      [["run", "x", "--resume", ""], /is not the ID/, kept],
      [["run", "x", "--resume", "00000000-0000"], /No conversation has an ID that begins with/, kept],
      [["show", "00000000-0000"], /No conversation has an ID/, kept],
      [["restore", "00000000-0000"], /No deleted conversation has an ID/, kept],
      [["run", "x", "--resume", ids[0] ?? "", "--workspace", "."], /takes no --workspace/, kept],
    ]);
    const several = await openhands(["show", "aaaa"], kept);
    assertRefused(several, /is the beginning of \d+ IDs/, "several");
    for (const id of ids) assert.ok(several.stderr.includes(id));
  });

  it("goes on with a damaged conversation, and leaves one of a newer version alone", async () => {
    await using home = await tempFolder();
    await using folder = await tempFolder();
    await using llm = await startFakeLlm([finish, finish]);
    await openhands(["run", "Do it.", "--workspace", folder.path, "--model", "fake", "--base-url", llm.url], { kept: home.path });
    const [id = ""] = await idsIn(home.path);
    const log = await logOf(home.path, id);
    const lines = (await readFile(log, "utf8")).split("\n");
    await writeFile(log, lines.with(3, "this is no record").join("\n"));
    const damaged = await openhands(["run", "Again.", "--resume", id], { kept: home.path });
    assert.deepEqual([damaged.code, damaged.stdout], [0, "All done."]);
    const whole = await readFile(await logOf(home.path, id), "utf8");
    await writeFile(await logOf(home.path, id), `${whole}{"v":2,"seq":99,"sum":"?","event":{}}\n`);
    const newer = await openhands(["run", "Again.", "--resume", id], { kept: home.path });
    assertRefused(newer, /A newer version of OpenHands/, "newer");
  });
});

/** The log that holds now: a repaired one gets a new name. */
async function logOf(kept: string, id: string): Promise<string> {
  const folder = path.join(kept, "conversation-logs", id);
  const names = (await readdir(folder)).filter((name) => /^events.*\.jsonl$/.test(name)).toSorted();
  return path.join(folder, names.at(-1) ?? "");
}

/** What runs a program as somebody who is held to permissions: nothing when this user is; undefined when it cannot be had. */
function asSomebody(): readonly string[] | undefined {
  if (process.getuid?.() !== 0) return [];
  const wrapper = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  const [command = "", ...args] = wrapper;
  return spawnSync(command, [...args, process.execPath, program, "--version"]).status === 0 ? wrapper : undefined;
}
