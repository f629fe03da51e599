import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { scenes } from "./scenes.ts";
import { themes } from "./themes.ts";
import { openStage, type Stage, showTheme } from "./view.ts";

const folder = path.resolve(import.meta.dirname, "../../artefacts/webview");
const takesAll = process.env["SCREENSHOTS"] === "all";
// 150 px is 300 px at a zoom of 200 %.
const sizes = [
  { width: 150, height: 640 },
  { width: 300, height: 640 },
  { width: 700, height: 560 },
];

// SCREENSHOTS=all takes every state in every theme and width; otherwise each state once, to see that it can be drawn.
describe("webview: pictures", function () {
  this.timeout(10_000);

  let stage: Stage;

  before(async function () {
    this.timeout(20_000);
    await mkdir(folder, { recursive: true });
    stage = await openStage();
    console.log(`      webview.js is ${(stage.gzipBytes / 1000).toFixed(1)} kB gzipped`);
  });

  after(() => stage[Symbol.asyncDispose]());

  it("are taken of every state, which neither breaks the policy nor overflows", async function () {
    this.timeout(300_000);
    const view = await stage.open();
    for (const [name, updates] of Object.entries(scenes)) {
      await view.reload();
      await view.send(...updates());
      for (const [themeName, theme] of Object.entries(themes).slice(0, takesAll ? undefined : 1)) {
        await showTheme(view.page, theme);
        for (const size of takesAll ? sizes : sizes.slice(0, 2)) {
          await view.page.setViewportSize(size);
          await view.page.screenshot({ path: path.join(folder, `${name}-${size.width}-${themeName}.png`) });
          assert.equal(await view.page.evaluate("document.documentElement.scrollWidth"), size.width, `${name} is wider than its view`);
        }
      }
      assert.deepEqual(await view.violations(), [], name);
    }
    assert.deepEqual(view.strayRequests, []);
    await view.close();
  });
});
