/** Programs whose good end says that code holds, with the first argument that makes it so where it takes one. */
const checks: readonly RegExp[] = [
  /^(?:npm|pnpm|yarn|bun)\s+(?:-\S+\s+)*(?:t|tst|test|ci|(?:run(?:-script)?\s+(?:-\S+\s+)*)?\S*(?:test|check|lint|build|typecheck|compile|verify)\S*)(?:\s|$)/,
  /^(?:npx|pnpm\s+(?:exec|dlx)|yarn\s+dlx|bunx)\s+(?:-\S+\s+)*(?:jest|vitest|mocha|ava|tap|tsc|eslint|biome|oxlint|playwright|cypress)(?:\s|$)/,
  /^(?:node|deno|bun)\s+(?:\S+\s+)*(?:--test|test)(?:\s|$)/,
  /^(?:deno|bun)\s+(?:check|lint)(?:\s|$)/,
  /^(?:\S*\/)?(?:jest|vitest|mocha|ava|tap|tsc|eslint|biome|oxlint|pytest|py\.test|tox|nox|mypy|pyright|ruff|flake8|pylint|rspec|rubocop|phpunit|phpstan|ctest|bats|shellcheck)(?:\s|$)/,
  /^(?:\S*\/)?python[\d.]*\s+-m\s+(?:pytest|unittest|mypy|pyright|tox|nox|ruff|flake8|pylint|compileall|py_compile|doctest)(?:\s|$)/,
  /^(?:cargo)\s+(?:\+\S+\s+)?(?:test|check|clippy|build|nextest)(?:\s|$)/,
  /^go\s+(?:test|vet|build)(?:\s|$)/,
  /^(?:make|gmake|just|task|ninja|bazel|meson)(?:\s+\S+)*\s+\S*(?:test|check|lint|build|verify)\S*(?:\s|$)/,
  /^(?:\S*\/)?(?:mvn|mvnw|gradle|gradlew)(?:\s+\S+)*\s+(?:\S*:)?(?:test|check|verify|build|compile\S*)(?:\s|$)/,
  /^dotnet\s+(?:test|build)(?:\s|$)/,
  /^(?:swift|zig|mix|rake|bundle\s+exec\s+(?:rake|rspec|rubocop)|composer)(?:\s+(?:run\s+)?\S*(?:test|check|build|lint)\S*|\s*$)/,
];

/** `make` that only says what it would do. */
const rehearsal = /^(?:g?make|ninja)(?:\s+\S+)*\s+(?:-[a-zA-Z]*n[a-zA-Z]*|--just-print|--recon)(?:\s|$)/;

const noWork = /\s(?:--version|--help|-h|--dry-run|--collect-only|--list|--listTests)(?:\s|$)/;

/**
 * Whether the exit code 0 of `command` is evidence: it is a test, a build or a check, by itself or behind others that must all end well
 * (`cd app && npm test`). What a pipe, a semicolon or `||` could hide is no evidence.
 */
export function isCheck(command: string): boolean {
  const text = command.trim().replace(/\s+2>&1$/, "");
  if (/[;|\n`]|\$\(|[^&]&(?!&)|^&/.test(text.replaceAll("&&", " \u0000 "))) return false;
  const parts = text.split("&&").map((part) => part.trim().replace(/^(?:[A-Za-z_]\w*=\S*\s+)+/, ""));
  return parts.some((part) => checks.some((check) => check.test(part)) && !noWork.test(part) && !rehearsal.test(part));
}
