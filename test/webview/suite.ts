import { type OpenOptions, openStage, type Stage, type View } from "./view.ts";

/**
 * Gives the tests of a suite one browser with one view, fresh before each of them, and ends it after the last.
 * `use` is told both as soon as they are there.
 */
export function withView(use: (stage: Stage, view: View) => void, options?: OpenOptions): void {
  let stage: Stage;
  let view: View;

  before(async function () {
    this.timeout(20_000);
    stage = await openStage();
    view = await stage.open(options);
    use(stage, view);
  });
  after(() => stage[Symbol.asyncDispose]());
  beforeEach(async () => {
    await view.fresh();
  });
}
