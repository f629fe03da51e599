// `npm start`: the extension in a real VS Code on a fresh copy of the sample workspace, until Ctrl-C.
//
// The desktop's VS Code when there is one, and otherwise VS Code from npm, to be opened in any browser on this machine.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { findOnPath } from "../../.ci/debian.mjs";
import { root } from "./checkout.ts";
import { quietSettings } from "./settings.ts";
import { startVscodeServer } from "./vscodeServer.ts";

const { values } = parseArgs({ options: { port: { type: "string" } } });
const model = chooseModel();
const stopped = untilStopped();
const temporary = await mkdtemp(path.join(tmpdir(), "openhands-start-"));
try {
  const folder = await copySample();
  const desktop = findDesktop();
  if (desktop === undefined) await runInBrowser(folder);
  else await runOnDesktop(desktop, folder);
} finally {
  await rm(temporary, { recursive: true, force: true });
}

/** The person's model; a usual one when there is only a key; the recorded demo when there is neither. */
function chooseModel(): string {
  const { LLM_MODEL, LLM_API_KEY, OPENAI_API_KEY } = process.env;
  if (LLM_MODEL) return LLM_MODEL;
  return LLM_API_KEY || OPENAI_API_KEY ? "gpt-5" : "demo";
}

/** Ctrl-C, or the end of the terminal. Ctrl-C comes twice, from the terminal and from npm: a second one is not a second wish. */
function untilStopped(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
  return stop.signal;
}

/** The agent may change all of it, so it gets a copy. */
async function copySample(): Promise<string> {
  const sample = path.join(root, "media", "demo", "workspace");
  const folder = path.join(temporary, "workspace");
  if (existsSync(sample)) await cp(sample, folder, { recursive: true });
  else await mkdir(folder);
  return folder;
}

function findDesktop(): string | undefined {
  const { CI, DISPLAY, WAYLAND_DISPLAY } = process.env;
  const hasScreen = process.platform !== "linux" || DISPLAY !== undefined || WAYLAND_DISPLAY !== undefined;
  return CI === undefined && hasScreen ? findOnPath("code") : undefined;
}

/** `--wait` keeps the process until the window is closed. */
async function runOnDesktop(code: string, folder: string): Promise<void> {
  const flags = ["--new-window", "--wait", "--disable-workspace-trust", `--extensionDevelopmentPath=${root}`];
  const child = spawn(code, [...flags, folder], { stdio: "inherit", env: { ...process.env, LLM_MODEL: model } });
  console.log('VS Code opens in a window of its own. Run "OpenHands: Start Task" in it. Ctrl-C here ends it.');
  stopped.addEventListener("abort", () => child.kill(), { once: true });
  await once(child, "close");
}

/**
 * Installed, not under development: a plain address then works in a browser that nobody prepared. The server inherits this
 * environment, and with it the person's keys and model (OPENAI_API_KEY, LLM_MODEL, …).
 */
async function runInBrowser(folder: string): Promise<void> {
  const port = values.port === undefined ? {} : { port: Number(values.port) };
  await using server = await startVscodeServer({
    ...port,
    settings: quietSettings,
    env: { LLM_MODEL: model },
    unpackedExtension: root,
    signal: stopped,
  });
  console.log(`\n  ${server.url}/?${new URLSearchParams({ folder }).toString()}\n`);
  console.log(
    model === "demo" ? "Demo: the model's replies are recorded, the tools are real. No key is needed." : `The model is ${model}.`,
  );
  console.log("Open this address in a browser. The chat is behind the OpenHands icon in the activity bar, or press F1 and run");
  console.log('"OpenHands: Start Task". Ctrl-C ends it and removes what it made.');
  if (!stopped.aborted) await once(stopped, "abort");
}
