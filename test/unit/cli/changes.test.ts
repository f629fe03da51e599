import assert from "node:assert/strict";
import { tellChanges } from "../../../src/cli/changes.ts";
import { RuntimeError } from "../../../src/runtime/runtime.ts";
import type { Review } from "../../../src/runtime/workspaceCopy/review.ts";
import { newId } from "../../support/workspaces.ts";

const nothing = (): Promise<never> => Promise.reject(new Error("It is not asked for."));

describe("What a run says of its sandbox's changes", () => {
  const id = newId();
  const told = async (list: Review["list"], lost = new AbortController().signal): Promise<string[]> => {
    const sentences: string[] = [];
    const review = { list, read: nothing, apply: nothing, discard: nothing };
    const stop = new AbortController().signal;
    const after = { id, applies: false, isKept: true, say: (sentence: string) => void sentences.push(sentence), stop };
    assert.equal(await tellChanges({ running: () => ({ review, lost }) }, after), true);
    return sentences;
  };

  it("is a sentence when the sandbox does not answer", async () => {
    const late = (): Promise<never> => Promise.reject(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    assert.deepEqual(await told(late), [
      `What was changed in the sandbox could not be read: it has not answered for 30 seconds. All of it is kept there: openhands changes ${id.slice(0, 8)}`,
    ]);
  });

  it("is nothing when the run has said already that the sandbox was lost", async () => {
    const sentence = "The sandbox was paused from outside for more than a minute and was given up; files in its workspace are kept.";
    const lost = new RuntimeError("unreachable", sentence);
    assert.deepEqual(await told(() => Promise.reject(lost), AbortSignal.abort(lost)), []);
  });
});
