import { before, describe } from "mocha";
import { ensureDebianPackages, isOnPath } from "../../.ci/debian.mjs";

/** Tests of a shell that not every machine has: skipped, with the reason in their name, where it is not; in CI it is installed. */
export function describeWithShell(shell: string, tests: () => void): void {
  const isThere = isOnPath(shell);
  const isCi = process.env["CI"] === "true";
  describe(isThere || isCi ? shell : `${shell} (skipped: it is not installed here)`, () => {
    before(async function () {
      if (isThere) return;
      if (!isCi) return this.skip();
      this.timeout(300_000);
      await ensureDebianPackages([shell], `${shell} is one of the shells that the terminal speaks with`);
    });
    tests();
  });
}
