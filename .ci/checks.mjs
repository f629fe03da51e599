// What `npm run check` and `npm test` both hold the code against, besides its tests: each is one command.
export const checks = [
  { name: "lint", command: "oxlint", args: ["--format=unix"] },
  { name: "types", command: "tsc", args: ["-b", "--pretty", "false"] },
  { name: "knip", command: "knip", args: ["--no-progress", "--no-config-hints"] },
  { name: "format", command: "biome", args: ["check", "--reporter=concise", "--max-diagnostics=none", "."] },
];

/** What can be put right without a person. */
export const fixes = [
  { name: "fix lint", command: "oxlint", args: ["--fix"] },
  { name: "fix format", command: "biome", args: ["check", "--write", "."] },
];
