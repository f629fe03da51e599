import assert from "node:assert/strict";
import { isCheck } from "../../../src/protocol/proof.ts";

describe("whether a command's good end is evidence", () => {
  const evidence = [
    "npm test",
    "npm t",
    "npm run -s test:unit",
    "cd app && npm test",
    "CI=1 npm run check",
    "pnpm lint",
    "npx tsc --noEmit",
    "node --test",
    "node --test test/*.js 2>&1",
    "python3 -m pytest -q",
    ".venv/bin/pytest tests",
    "cargo test --all",
    "go test ./...",
    "make -j4 check",
    "./gradlew :app:test",
    "dotnet test",
    "npm ci && npm run build && npm test",
  ];
  const none = [
    "ls",
    "echo npm test",
    "npm test || true",
    "npm test | tail -5",
    "npm test; echo done",
    "npm test &",
    "npm install",
    "cat package.json",
    "pytest --version",
    "pytest --collect-only",
    "git commit -m 'npm test'",
    "npm test\necho",
    "",
    "$(npm test)",
    "test -f x",
    "python3 script.py",
    "make -n test",
  ];
  for (const command of evidence) it(`is, of ${JSON.stringify(command)}`, () => assert.equal(isCheck(command), true));
  for (const command of none) it(`is not, of ${JSON.stringify(command)}`, () => assert.equal(isCheck(command), false));
});
