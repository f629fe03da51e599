// Root hooks of mocha, for runs with `--retries`: a test that passes in a later try says so, because no reporter of mocha does.
import type Mocha from "mocha";

export const mochaHooks: Mocha.RootHookObject = {
  afterEach(this: Mocha.Context): void {
    const test = this.currentTest;
    // mocha's types lack what counts the tries.
    const tries: unknown = test === undefined ? undefined : Reflect.get(test, "_currentRetry");
    if (typeof tries === "number" && tries > 0 && test?.isPassed() === true)
      console.log(`↻ ${test.fullTitle()}: passed in try ${tries + 1}`);
  },
};
