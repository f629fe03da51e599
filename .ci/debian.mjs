// Debian packages on demand: a machine that may install them gets them, another one is told what to do.
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import path from "node:path";

/** The file that a shell would start for the command, or undefined. */
export function findOnPath(command) {
  const places = (process.env.PATH ?? "").split(path.delimiter).map((folder) => path.join(folder, command));
  return places.find(isExecutable);
}

export function isOnPath(command) {
  return findOnPath(command) !== undefined;
}

/**
 * Installs the packages when this is root on Debian (or its kin). Otherwise throws one sentence with the reason that was
 * given and the command that a person can run.
 */
export async function ensureDebianPackages(packages, reason) {
  const names = packages.join(" ");
  if (!existsSync("/etc/debian_version") || !isOnPath("apt-get")) throw new Error(`${reason}. Install ${names} and try again.`);
  if (process.getuid?.() !== 0) throw new Error(`${reason}. Run "sudo apt-get install ${names}" and try again.`);
  await apt(["update", "-qq"]);
  await apt(["install", "-y", "-qq", "--no-install-recommends", ...packages]);
}

/** apt-get is talkative when all is well, so its words are shown only when it fails. Another apt-get is waited for. */
function apt(aptArguments) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const child = spawn("apt-get", ["-o", "DPkg::Lock::Timeout=300", ...aptArguments], { stdio: ["ignore", "pipe", "pipe"], env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`"apt-get ${aptArguments.join(" ")}" failed with exit code ${code}:\n${output.slice(-2000)}`));
    });
  });
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // Because a file that is not there is an answer here, not an error.
    return false;
  }
}
