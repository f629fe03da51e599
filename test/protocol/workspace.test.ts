import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { until } from "../support/until.ts";
import { BashWebSocketClient, RemoteWorkspace } from "./officialClient.ts";
import { refusal, type Stage, withStage } from "./server.ts";

describe("a workspace, by the official client", () => {
  let stage: Stage;
  let remote: RemoteWorkspace;
  withStage((opened) => {
    stage = opened;
    remote = new RemoteWorkspace({ host: stage.server.url, workingDir: stage.workspace, apiKey: stage.server.key });
  });
  const git = (folder: string, ...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { cwd: folder, stdio: "ignore" });

  it("runs a command in a folder, with both outputs and the exit code", async () => {
    const result = await remote.executeCommand("echo out; echo err >&2; pwd; exit 3", stage.workspace, 10);
    assert.deepEqual(result, {
      command: "echo out; echo err >&2; pwd; exit 3",
      exit_code: 3,
      stdout: `out\n${stage.workspace}\n`,
      stderr: "err\n",
      timeout_occurred: false,
    });
  });

  it("keeps what commands did: started, found by their id, read one by one and together, and cleared", async () => {
    const { bash } = stage.client;
    const started = await bash.startCommand({ command: "echo kept", cwd: stage.workspace, timeout: 10 });
    assert.match(started.id, /^[0-9a-f]{32}$/);
    assert.deepEqual([started.kind, started.command, started.cwd, started.timeout], ["BashCommand", "echo kept", stage.workspace, 10]);
    const output = await until("the command's output", async () => {
      const page = await bash.searchEvents({ command_id__eq: started.id, kind__eq: "BashOutput" });
      return page.items.find((event) => "exit_code" in event && event.exit_code === 0);
    });
    assert.equal("stdout" in output && output.stdout, "kept\n");
    assert.match(output.id, /^[0-9a-f]{32}$/);
    const ofTheCommand = await bash.searchEvents({ command_id__eq: started.id });
    assert.deepEqual(
      ofTheCommand.items.map(({ kind }) => kind),
      ["BashOutput"],
    );
    assert.equal(ofTheCommand.next_page_id, null);
    assert.equal((await bash.getEvent(started.id)).id, started.id);
    const missing = "0".repeat(32);
    assert.deepEqual(
      (await bash.getEvents([output.id, missing])).map((event) => event?.id ?? null),
      [output.id, null],
    );
    assert.deepEqual(
      (await bash.batchGetEvents([missing, started.id])).map((event) => event?.id ?? null),
      [null, started.id],
    );
    assert.equal((await bash.executeCommand("echo second", stage.workspace, 10)).stdout, "second\n");
    assert.ok((await bash.clearEvents()).cleared_count >= 4);
    assert.deepEqual((await bash.searchEvents()).items, []);
  });

  it("tells a socket of bash events as they come, and replays them to one that asks", async () => {
    const heard: string[] = [];
    const listen = (resendMode?: "all") =>
      new BashWebSocketClient({
        host: stage.server.url,
        apiKey: stage.server.key,
        callback: (event) => heard.push(`${event.kind} ${"stdout" in event ? String(event["stdout"]) : ""}`),
        ...(resendMode === undefined ? {} : { resendMode }),
      });
    const live = listen();
    live.start();
    try {
      // Because the client says of no socket that it is open.
      await until("the socket to hear of a command", async () => {
        await stage.client.bash.executeCommand("echo live", stage.workspace, 10);
        return heard.includes("BashOutput live\n");
      });
    } finally {
      live.stop();
    }
    heard.length = 0;
    const late = listen("all");
    late.start();
    try {
      await until("the replay", async () => heard.includes("BashCommand ") && heard.includes("BashOutput live\n"));
    } finally {
      late.stop();
    }
  });

  it("uploads and downloads files, as text and as bytes", async () => {
    const file = path.join(stage.workspace, "new/folder/häl.txt");
    const uploaded = await remote.uploadText("grüß dich\n", file);
    assert.deepEqual([uploaded.success, uploaded.destination_path], [true, file]);
    assert.equal(await readFile(file, "utf8"), "grüß dich\n");
    assert.equal(await remote.downloadAsText(file), "grüß dich\n");
    assert.equal(await stage.client.files.downloadTextFile(file), "grüß dich\n");
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    await stage.client.files.uploadFile(new Blob([bytes]), path.join(stage.workspace, "all.bin"));
    const back = await stage.client.files.downloadFile(path.join(stage.workspace, "all.bin"));
    assert.deepEqual(new Uint8Array(back), bytes);
    assert.equal((await stage.client.files.uploadTextFile("{}", path.join(stage.workspace, "a.json"))).success, true);
    assert.equal(await remote.downloadAsText(path.join(stage.workspace, "a.json")), "{}");
    assert.equal(await (await remote.downloadAsBlob(path.join(stage.workspace, "a.json"))).text(), "{}");
    const named = await remote.uploadFileObject(new File(["x"], "x.txt"), path.join(stage.workspace, "x.txt"));
    assert.equal(named.source_path, "x.txt");
    await remote.fileUpload("once more", path.join(stage.workspace, "x.txt"));
    assert.deepEqual(
      await remote.fileDownload(path.join(stage.workspace, "x.txt")).then(({ content, file_size }) => [content, file_size]),
      ["once more", 9],
    );
  });

  it("§10.41 refuses a relative path without writing, and a folder as a download", async () => {
    assert.equal(await refusal(stage.client.files.uploadTextFile("no", "relative.txt")), 400);
    assert.equal(
      await refusal(
        readFile(path.join(stage.workspace, "relative.txt")).then(
          () => undefined,
          () => stage.client.files.downloadFile("relative.txt"),
        ),
      ),
      400,
    );
    assert.equal(await refusal(stage.client.files.downloadFile(stage.workspace)), 400);
    assert.equal(await refusal(stage.client.files.downloadFile(path.join(stage.workspace, "never.txt"))), 404);
    await stage.client.files.uploadTextFile("named", path.join(stage.workspace, "named.txt"));
    const response = await fetch(
      `${stage.server.url}/api/file/download?path=${encodeURIComponent(path.join(stage.workspace, "named.txt"))}`,
      {
        headers: { "x-session-api-key": stage.server.key },
      },
    );
    assert.equal(response.headers.get("content-type"), "application/octet-stream");
    assert.match(response.headers.get("content-disposition") ?? "", /^attachment; filename="?named\.txt/);
    await response.arrayBuffer();
  });

  it("finds folders page by page, without regard to case", async () => {
    for (const name of ["b", "A", "c", ".hidden"]) await mkdir(path.join(stage.workspace, "dirs", name), { recursive: true });
    await writeFile(path.join(stage.workspace, "dirs", "file"), "");
    const folder = path.join(stage.workspace, "dirs");
    const { files } = stage.client;
    const first = await files.searchSubdirectories(folder, { limit: 2 });
    assert.deepEqual(first.items, [
      { name: "A", path: path.join(folder, "A") },
      { name: "b", path: path.join(folder, "b") },
    ]);
    assert.equal(first.next_page_id, "c");
    const second = await files.searchSubdirectories(folder, { limit: 2, pageId: "c" });
    assert.deepEqual([second.items.map(({ name }) => name), second.next_page_id], [["c"], null]);
    const home = await files.getHome();
    assert.deepEqual([typeof home.home, Array.isArray(home.favorites), Array.isArray(home.locations)], ["string", true, true]);
  });

  it("shows what changed in a repository, and both sides of a file, also against HEAD", async () => {
    const folder = path.join(stage.workspace, "repository");
    await mkdir(folder);
    const file = path.join(folder, "a.txt");
    await writeFile(file, "one\n");
    git(folder, "init", "-q");
    git(folder, "add", "-A");
    git(folder, "commit", "-qm", "first");
    await writeFile(file, "one\ntwo\n");
    await writeFile(path.join(folder, "neu ü.txt"), "new\n");
    const changes = [
      { status: "UPDATED", path: "a.txt" },
      { status: "ADDED", path: "neu ü.txt" },
    ];
    for (const ref of [{}, { ref: "HEAD" }]) {
      assert.deepEqual(await remote.gitChanges(folder, ref), changes);
      assert.deepEqual(await remote.gitDiff(file, ref), { modified: "one\ntwo", original: "one" });
    }
    await assert.rejects(remote.gitChanges(folder, { ref: "no-such-ref" }), /400/);
  });

  it("§10.39 answers empty results outside a repository, and refuses a file that is missing or too large", async () => {
    const folder = path.join(stage.workspace, "..", "plain");
    await mkdir(folder);
    await writeFile(path.join(folder, "a.txt"), "x");
    assert.deepEqual(await remote.gitChanges(folder), []);
    assert.deepEqual(await remote.gitDiff(path.join(folder, "a.txt")), { modified: null, original: null });
    const repository = path.join(stage.workspace, "big");
    await mkdir(repository);
    git(repository, "init", "-q");
    await writeFile(path.join(repository, "big.txt"), "x".repeat(1024 * 1024 + 1));
    for (const name of ["big.txt", "never.txt"]) await assert.rejects(remote.gitDiff(path.join(repository, name)), /400/);
  });

  it("§10.40 shows a rename as deleted and added, and what is in a nested repository with its prefix", async () => {
    const folder = path.join(stage.workspace, "renamed");
    await mkdir(path.join(folder, "inner"), { recursive: true });
    await writeFile(path.join(folder, "old.txt"), "the same text\n".repeat(20));
    git(folder, "init", "-q");
    git(folder, "add", "-A");
    git(folder, "commit", "-qm", "first");
    git(folder, "mv", "old.txt", "new.txt");
    git(path.join(folder, "inner"), "init", "-q");
    await writeFile(path.join(folder, "inner", "x.txt"), "x");
    assert.deepEqual(await remote.gitChanges(folder, { ref: "HEAD" }), [
      { status: "ADDED", path: "inner/x.txt" },
      { status: "ADDED", path: "new.txt" },
      { status: "DELETED", path: "old.txt" },
    ]);
  });

  it("§10.43 lets a command that takes too long end by its own trap, and says -1", async () => {
    const { exit_code, stdout } = await stage.client.bash.executeCommand(
      "trap 'echo trapped; exit 0' TERM; sleep 30 & wait",
      stage.workspace,
      1,
    );
    assert.deepEqual([exit_code, stdout], [-1, "trapped\n"]);
  });

  it("§10.44 writes no command and none of its output to its log", async () => {
    await stage.client.bash.executeCommand("echo quiet-$((40 + 2)) # a-word-of-the-command", stage.workspace, 10);
    await stage.client.bash.executeCommand("cd /nowhere-at-all-42 # failing-word", "/nowhere-at-all-43", 10);
    for (const word of ["quiet-42", "a-word-of-the-command", "failing-word"]) assert.ok(!stage.server.log().includes(word), word);
  });
});
