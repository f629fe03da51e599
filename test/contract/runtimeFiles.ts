import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { describe, it } from "mocha";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { until } from "../support/until.ts";
import type { RuntimeCapabilities } from "./runtime.ts";
import { bytes, code, never, put, rejection, run, tell, textOf, versionOf } from "./runtimeActs.ts";

/** What all files do; what needs links, pipes and rights is looked at through a real shell. */
export function filesContract(open: () => Promise<Runtime>, { realShell }: RuntimeCapabilities): void {
  describe("files", () => {
    it("gives back exactly the bytes that were written", async () => {
      await using runtime = await open();
      const file = `${runtime.info.workingDir}/bytes.bin`;
      const all = Uint8Array.from({ length: 256 }, (_, index) => index);
      await runtime.files.write(file, all, { expected: "absent", signal: never });
      deepEqual(new Uint8Array((await runtime.files.read(file, { maxBytes: 256, signal: never })).bytes), all);
      equal((await runtime.files.stat(file, never))?.sizeBytes, 256);
    });

    it("tells what is there: a file, a directory, or nothing", async () => {
      await using runtime = await open();
      const { workingDir } = runtime.info;
      await put(runtime, `${workingDir}/file`, "text");
      const kinds = [`${workingDir}/file`, workingDir, `${workingDir}/none`, `${workingDir}/none/none`].map(
        async (path) => (await runtime.files.stat(path, never))?.kind,
      );
      deepEqual(await Promise.all(kinds), ["file", "directory", undefined, undefined]);
    });

    it("makes the folders above a new file", async () => {
      await using runtime = await open();
      const file = `${runtime.info.workingDir}/a/b/c/file with ä 😀`;
      await put(runtime, file, "deep");
      equal(await textOf(runtime, file), "deep");
    });

    it("FF-05 refuses to write over what was not expected, and leaves it as it is", async () => {
      await using runtime = await open();
      const file = `${runtime.info.workingDir}/file`;
      await put(runtime, file, "one");
      const version = await versionOf(runtime, file);
      equal(await code(put(runtime, file, "other")), "exists");
      await put(runtime, file, "two", version);
      equal(await code(put(runtime, file, "three", version)), "changed");
      equal(await textOf(runtime, file), "two");
      equal(await code(put(runtime, `${runtime.info.workingDir}/none`, "x", version)), "changed");
    });

    it("lets exactly one of many writers create a file", async () => {
      await using runtime = await open();
      const file = `${runtime.info.workingDir}/file`;
      const codes = await Promise.all(Array.from({ length: 8 }, (_, index) => code(put(runtime, file, `writer ${index}`))));
      equal(codes.filter((one) => one === "exists").length, 7);
    });

    it("lets exactly one of many writers change what they all have read", async () => {
      await using runtime = await open();
      const file = `${runtime.info.workingDir}/file`;
      await put(runtime, file, "zero");
      const expected = await versionOf(runtime, file);
      const writes = Array.from({ length: 8 }, (_, index) =>
        runtime.files.write(file, bytes(`writer ${index}`), { expected, signal: never }),
      );
      const codes = await Promise.all(writes.map(code));
      equal(codes.filter((one) => one === "changed").length, 7);
    });

    it("says the version of what it has written", async () => {
      await using runtime = await open();
      const file = `${runtime.info.workingDir}/file`;
      const written = await runtime.files.write(file, bytes("one"), { expected: "absent", signal: never });
      equal(written.version, await versionOf(runtime, file));
      equal(written.version, (await runtime.files.stat(file, never))?.version);
      const again = await runtime.files.write(file, bytes("two"), { expected: written.version, signal: never });
      notEqual(again.version, written.version);
    });

    it("FF-01 refuses to read more than it may", async () => {
      await using runtime = await open();
      const file = `${runtime.info.workingDir}/file`;
      await put(runtime, file, "12345");
      equal(await code(runtime.files.read(file, { maxBytes: 4, signal: never })), "too-large");
      equal((await runtime.files.read(file, { maxBytes: 5, signal: never })).bytes.length, 5);
    });

    it("lists names in the order of their code points, with their kinds", async () => {
      await using runtime = await open();
      const { workingDir } = runtime.info;
      for (const name of ["b", "a", "B", "\u{1f600}", "\uff5e", "ä", "folder/x"]) await put(runtime, `${workingDir}/${name}`, "");
      deepEqual(await runtime.files.list(workingDir, never), [
        ...["B", "a", "b"].map((name) => ({ name, kind: "file" })),
        { name: "folder", kind: "directory" },
        ...["ä", "\uff5e", "\u{1f600}"].map((name) => ({ name, kind: "file" })),
      ]);
    });

    it("removes one file, and never a directory", async () => {
      await using runtime = await open();
      const { workingDir } = runtime.info;
      await put(runtime, `${workingDir}/folder/file`, "");
      equal(await code(runtime.files.remove(`${workingDir}/folder`, never)), "is-directory");
      await runtime.files.remove(`${workingDir}/folder/file`, never);
      equal(await code(runtime.files.remove(`${workingDir}/folder/file`, never)), "not-found");
      deepEqual(await runtime.files.list(`${workingDir}/folder`, never), []);
    });

    it("FF-08 says what is wrong with a path", async () => {
      await using runtime = await open();
      const { workingDir } = runtime.info;
      await put(runtime, `${workingDir}/file`, "");
      const read = (path: string): Promise<unknown> => code(runtime.files.read(path, { maxBytes: 9, signal: never }));
      const codes = [
        read("relative"),
        read("/nul\0"),
        read(`${workingDir}/none`),
        read(workingDir),
        code(put(runtime, workingDir, "")),
        code(put(runtime, `${workingDir}/file/x`, "")),
        code(runtime.files.list(`${workingDir}/file`, never)),
        code(runtime.files.list(`${workingDir}/none`, never)),
      ];
      deepEqual(await Promise.all(codes), [
        "invalid-path",
        "invalid-path",
        "not-found",
        "is-directory",
        "is-directory",
        "not-directory",
        "not-directory",
        "not-found",
      ]);
    });

    it("does nothing when the signal is aborted before", async () => {
      await using runtime = await open();
      const signal = AbortSignal.abort("stopped");
      const file = `${runtime.info.workingDir}/file`;
      equal(await rejection(runtime.files.write(file, bytes("x"), { expected: "absent", signal })), "stopped");
      equal(await rejection(runtime.files.read(file, { maxBytes: 9, signal })), "stopped");
      equal(await runtime.files.stat(file, never), undefined);
    });

    it("says where a path really is, also of what is not there yet", async () => {
      await using runtime = await open();
      const root = await runtime.files.realPath(runtime.info.workingDir, never);
      await put(runtime, `${root}/folder/file`, "");
      const real = (path: string): Promise<string> => runtime.files.realPath(`${root}/${path}`, never);
      deepEqual(await Promise.all([real("folder/file"), real("./none/../folder/./x"), real("none/deep")]), [
        `${root}/folder/file`,
        `${root}/folder/x`,
        `${root}/none/deep`,
      ]);
      equal(await code(runtime.files.realPath("relative", never)), "invalid-path");
    });

    if (!realShell) return;

    it("says where links lead, also those that lead to nothing or in a circle", async () => {
      await using runtime = await open();
      const root = await runtime.files.realPath(runtime.info.workingDir, never);
      await run(runtime, "mkdir sub; ln -s sub in; ln -s ../new sub/out; ln -s in/out twice; ln -s circle circle; ln -s / top");
      const real = (path: string): Promise<string> => runtime.files.realPath(`${root}/${path}`, never);
      deepEqual(await Promise.all(["in/file", "twice", "twice/x", "top/etc/none/x"].map(real)), [
        `${root}/sub/file`,
        `${root}/new`,
        `${root}/new/x`,
        "/etc/none/x",
      ]);
      equal(await code(real("circle/x")), "invalid-path");
    });

    it("FF-01 reads a file that grows as it was at some moment, or says that it has become too large", async () => {
      await using runtime = await open();
      const file = `${runtime.info.workingDir}/grow`;
      await run(runtime, "sh -c 'i=0; while [ $i -lt 50000 ]; do echo line >> grow; i=$((i+1)); done' > /dev/null 2>&1 &");
      await until("its begin", async () => ((await runtime.files.stat(file, never))?.sizeBytes ?? 0) > 0 || undefined);
      for (let round = 0; round < 20; round++) {
        const text = await runtime.files
          .read(file, { maxBytes: 1_000_000, signal: never })
          .then((read) => Buffer.from(read.bytes).toString());
        // Not whole lines: the system grows a file page by page, so that for a moment it ends where a page does.
        ok(text !== "" && "line\n".repeat(50_000).startsWith(text), `${text.length} ${text.slice(-20)}`);
      }
      equal(await code(runtime.files.read(file, { maxBytes: 4, signal: never })), "too-large");
    });

    it("FF-09 says that a file may not be written, and leaves it as it is", async function () {
      await using runtime = await open();
      const { workingDir } = runtime.info;
      const made = await tell(
        runtime,
        "mkdir ro && mount -t tmpfs -o size=64k tmpfs ro 2>&1 && echo old > ro/file && mount -o remount,ro ro",
      );
      if (made !== "0 ") this.skip();
      try {
        const version = await versionOf(runtime, `${workingDir}/ro/file`);
        equal(await code(put(runtime, `${workingDir}/ro/file`, "new", version)), "no-permission");
        equal(await code(put(runtime, `${workingDir}/ro/new`, "new")), "no-permission");
        equal(await tell(runtime, "ls -1A ro; cat ro/file"), "0 file\nold\n");
      } finally {
        await run(runtime, "umount ro");
      }
    });

    it("§10.62 FF-09 keeps the owner and every mode bit, as far as this user may", async () => {
      await using runtime = await open();
      const file = `${runtime.info.workingDir}/file`;
      await run(runtime, "echo old > file; chown 12345:12345 file 2> /dev/null; chmod 4775 file");
      const before = await tell(runtime, "stat -c '%a %u %g' file");
      await put(runtime, file, "new", await versionOf(runtime, file));
      equal(await tell(runtime, "stat -c '%a %u %g' file"), before);
    });

    it("FF-01 refuses pipes, devices and endless files instead of hanging", async () => {
      await using runtime = await open();
      const { workingDir } = runtime.info;
      await run(runtime, "mkfifo pipe; truncate -s 1099511627776 sparse; ln -s /dev/zero zero");
      const read = (path: string): Promise<unknown> => code(runtime.files.read(path, { maxBytes: 1000, signal: never }));
      const codes = [
        read(`${workingDir}/pipe`),
        read("/dev/zero"),
        read(`${workingDir}/zero`),
        read(`${workingDir}/sparse`),
        code(put(runtime, `${workingDir}/pipe`, "x", "any")),
      ];
      deepEqual(await Promise.all(codes), ["not-a-file", "not-a-file", "not-a-file", "too-large", "not-a-file"]);
    });

    it("FF-01 reads files that say they are empty and are not", async () => {
      await using runtime = await open();
      ok((await runtime.files.read("/proc/self/status", { maxBytes: 100_000, signal: never })).bytes.length > 100);
      equal(await code(runtime.files.read("/proc/self/status", { maxBytes: 10, signal: never })), "too-large");
    });

    it("FF-09 keeps mode bits, and follows a link that stays a link", async () => {
      await using runtime = await open();
      const { workingDir } = runtime.info;
      await run(runtime, "mkdir sub; echo old > sub/script; chmod 751 sub/script; ln -s sub/script link; ln -s sub/new dangling");
      await put(runtime, `${workingDir}/link`, "new\n", await versionOf(runtime, `${workingDir}/link`));
      await put(runtime, `${workingDir}/dangling`, "made\n");
      equal(
        await tell(runtime, "stat -c '%a %F' sub/script link dangling; cat link dangling; command ls -1A . sub"),
        "0 751 regular file\n777 symbolic link\n777 symbolic link\nnew\nmade\n.:\ndangling\nlink\nsub\n\nsub:\nnew\nscript\n",
      );
    });

    it("FF-09 lets a reader see the old bytes or the new ones, never a mixture", async () => {
      await using runtime = await open();
      const file = `${runtime.info.workingDir}/file`;
      const sizes = [300_000, 100_000];
      let { version } = await runtime.files.write(file, new Uint8Array(300_000), { expected: "absent", signal: never });
      const watching = run(runtime, "bash -c 'for i in {1..60}; do wc -c < file; done' | sort -u");
      for (let round = 0; round < 40; round++)
        ({ version } = await runtime.files.write(file, new Uint8Array(sizes[round % 2] ?? 0), { expected: version, signal: never }));
      const seen = (await watching).output.trim().split("\n").map(Number);
      deepEqual(
        seen.filter((size) => !sizes.includes(size)),
        [],
      );
    });

    it("FF-09 says that the disk is full, and leaves the old bytes and nothing else", async function () {
      await using runtime = await open();
      const { workingDir } = runtime.info;
      if ((await tell(runtime, "mkdir small && mount -t tmpfs -o size=64k tmpfs small 2>&1 && echo old > small/file")) !== "0 ")
        this.skip();
      try {
        const version = await versionOf(runtime, `${workingDir}/small/file`);
        equal(
          await code(runtime.files.write(`${workingDir}/small/file`, new Uint8Array(200_000), { expected: version, signal: never })),
          "disk-full",
        );
        equal(await tell(runtime, "ls -1A small; cat small/file"), "0 file\nold\n");
      } finally {
        await run(runtime, "umount small");
      }
    });

    it("FF-08 says when a file has become a directory, or is gone", async () => {
      await using runtime = await open();
      const file = `${runtime.info.workingDir}/file`;
      await put(runtime, file, "x");
      const version = await versionOf(runtime, file);
      await run(runtime, "rm file");
      equal(await code(put(runtime, file, "y", version)), "changed");
      await run(runtime, "mkdir file");
      equal(await code(put(runtime, file, "y", version)), "is-directory");
    });

    it("FF-13 does not follow links when it lists", async () => {
      await using runtime = await open();
      await run(runtime, "ln -s . loop; ln -s none dangling; mkfifo pipe");
      deepEqual(await runtime.files.list(runtime.info.workingDir, never), [
        { name: "dangling", kind: "symlink" },
        { name: "loop", kind: "symlink" },
        { name: "pipe", kind: "other" },
      ]);
    });
  });
}
