import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Page } from "playwright-core";
import { faultsOf } from "./axe.ts";
import { interactions } from "./interactions.ts";
import { scenes } from "./scenes.ts";
import { showScene } from "./suite.ts";
import { themes } from "./themes.ts";
import { openStage, type Stage, showTheme, type View } from "./view.ts";

const folder = path.resolve(import.meta.dirname, "../../artefacts/webview");
const takesAll = process.env["SCREENSHOTS"] === "all";
// 150 px is 300 px at a zoom of 200 %.
const sizes = [
  { width: 150, height: 640 },
  { width: 300, height: 640 },
  { width: 700, height: 560 },
];

// SCREENSHOTS=all takes every state in every theme and width; otherwise each state in one theme. ONLY=running,files takes these alone.
describe("webview: pictures", () => {
  let stage: Stage;

  before(async () => {
    await mkdir(folder, { recursive: true });
    stage = await openStage();
    console.log(`      webview.js is ${(stage.gzipBytes / 1000).toFixed(1)} kB gzipped`);
  });

  after(() => stage[Symbol.asyncDispose]());

  it("are taken of every state, which neither breaks the policy nor overflows, and in which axe finds nothing", async function () {
    this.timeout(takesAll ? 1_200_000 : 300_000);
    const view = await stage.open();
    const found: string[] = [];
    for (const [name, show] of states()) {
      await view.fresh();
      await show(view);
      for (const [themeName, theme] of Object.entries(themes).slice(0, takesAll ? undefined : 1)) {
        await showTheme(view.page, theme);
        const faults = [...(await photograph(view.page, `${name}-%-${themeName}.png`)), ...(await faultsOf(view.page))];
        found.push(...faults.map((fault) => `${name} (${themeName}): ${fault}`));
      }
      assert.deepEqual(await view.violations(), [], name);
    }
    assert.deepEqual(found, []);
    assert.deepEqual(view.strayRequests, []);
    await view.close();
  });
});

/** Takes the page in each size; gives the sizes that it does not fit into. `%` in the name becomes the width. */
async function photograph(page: Page, name: string): Promise<string[]> {
  const faults: string[] = [];
  for (const size of takesAll ? sizes : sizes.slice(0, 2)) {
    await page.setViewportSize(size);
    await page.screenshot({ path: path.join(folder, name.replace("%", String(size.width))) });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    if (width !== size.width) faults.push(`${width} px wide in a view of ${size.width} px`);
  }
  return faults;
}

/** The scenes, and what the person makes of them. */
function states(): [string, (view: View) => Promise<void>][] {
  const only = process.env["ONLY"]?.split(",");
  const all: [string, (view: View) => Promise<void>][] = [
    ...Object.keys(scenes).map((name): [string, (view: View) => Promise<void>] => [name, (view) => showScene(view, name)]),
    ...Object.entries(interactions),
  ];
  return all.filter(([name]) => only === undefined || only.includes(name));
}
