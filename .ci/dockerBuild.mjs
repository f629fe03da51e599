// `npm run docker:build` makes the image openhands/sandbox-server:<version> of what is built in dist/.
//
// Environment: IMAGE, another name for it; BASE_IMAGE, what it is made on top of; PACKAGES, Debian packages to install, which may be empty;
// NODE_PROGRAM, a Linux Node for a base image that has none.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const dist = path.join(root, "dist");

const { version } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));
const image = process.env.IMAGE || `openhands/sandbox-server:${version}`;
const context = await mkdtemp(path.join(tmpdir(), "openhands-image-"));
try {
  await fill(context);
  process.exitCode = await build(context);
} finally {
  await rm(context, { recursive: true });
}

/** The server, its terminal for Linux, and Node when it is given. */
async function fill(folder) {
  const pty = "node_modules/node-pty";
  const prebuilds = existsSync(path.join(dist, pty, "prebuilds")) ? await readdir(path.join(dist, pty, "prebuilds")) : [];
  const linux = prebuilds.filter((name) => name.startsWith("linux-")).map((name) => `${pty}/prebuilds/${name}`);
  const server = (await readdir(dist)).filter((name) => /^sandbox-server.*\.js$/.test(name));
  for (const name of [...server, `${pty}/package.json`, `${pty}/LICENSE`, `${pty}/lib`, ...linux])
    await cp(path.join(dist, name), path.join(folder, name), { recursive: true });
  await writeFile(path.join(folder, "package.json"), '{"type":"module"}\n');
  await cp(path.join(root, "sandbox-server", "Dockerfile"), path.join(folder, "Dockerfile"));
  await mkdir(path.join(folder, "node"));
  if (process.env.NODE_PROGRAM) await cp(process.env.NODE_PROGRAM, path.join(folder, "node", "node"), { dereference: true });
  // Because an empty folder is not sent.
  else await writeFile(path.join(folder, "node", "none"), "");
}

function build(folder) {
  const given = ["BASE_IMAGE", "PACKAGES"].filter((name) => process.env[name] !== undefined);
  const args = [...given.map((name) => `${name}=${process.env[name]}`), `VERSION=${version}`];
  const flags = args.flatMap((arg) => ["--build-arg", arg]);
  return new Promise((resolve) => {
    const child = spawn("docker", ["build", "--tag", image, ...flags, folder], { stdio: "inherit" });
    child.once("error", (error) => {
      console.error(`The docker command does not start: ${error.message}`);
      resolve(1);
    });
    child.once("close", (code) => {
      if (code === 0) console.log(`Made ${image}.`);
      resolve(code ?? 1);
    });
  });
}
