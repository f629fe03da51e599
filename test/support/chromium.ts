// A real browser for tests, without what it does on its own.
import { type Browser, chromium } from "playwright-core";
import { ensureDebianPackages, findOnPath, isOnPath } from "../../.ci/debian.mjs";
import { withProgress } from "./command.ts";

const flags = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Because PulseAudio's client makes a folder for temporary files that outlives the browser, once per home folder.
  "--disable-audio-output",
];

/** Headless; `more` are flags of Chromium's own. */
export async function openChromium(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: await ensureChromium(), headless: true, chromiumSandbox: false, args: [...flags, ...more] });
}

/** The path of a Chromium: the one that CHROMIUM names, or the one on the path, installed when it is missing. */
async function ensureChromium(): Promise<string> {
  const named = process.env["CHROMIUM"];
  if (named !== undefined) return named;
  const reason = "Pages and windows are tested in Chromium, and there is none; the variable CHROMIUM may name one";
  if (!isOnPath("chromium")) await withProgress("Chromium from Debian", () => ensureDebianPackages(["chromium"], reason));
  return findOnPath("chromium") ?? "chromium";
}
