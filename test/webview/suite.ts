import { scenes } from "./scenes.ts";
import { type OpenOptions, openStage, type Stage, type View } from "./view.ts";

/**
 * Gives the tests of a suite one browser with one view, fresh before each of them, and ends it after the last.
 * `use` is told both as soon as they are there.
 */
export function withView(use: (stage: Stage, view: View) => void, options?: OpenOptions): void {
  let stage: Stage;
  let view: View;

  before(async () => {
    stage = await openStage();
    view = await stage.open(options);
    use(stage, view);
  });
  after(() => stage[Symbol.asyncDispose]());
  beforeEach(async () => {
    await view.fresh();
  });
}

/** What the view's rows are called, from the first to the last. */
export function rowNames(view: View): Promise<string[]> {
  return view.page.locator("article").evaluateAll((rows) => rows.map((row) => row.getAttribute("aria-label") ?? ""));
}

/** What the status line says; empty when there is none. */
export async function statusOf(view: View): Promise<string> {
  return (await view.page.locator('[data-part="status"]').allTextContents()).join();
}

/** Puts the view into one of the scenes. */
export function showScene(view: View, name: string): Promise<void> {
  return view.send(...(scenes[name] ?? (() => []))());
}
