import assert from "node:assert/strict";
import { isGitSecret, isGitText, withoutCredentials } from "../../../../src/runtime/workspaceCopy/gitSecrets.ts";
import { isProtectedName, nameRefusal } from "../../../../src/runtime/workspaceCopy/safeNames.ts";

describe("Names that a sandbox gives", () => {
  it("are refused when they leave the workspace, are a repository's own or belong to one system only", () => {
    const bad = [
      "../x",
      "a/../../x",
      "/etc/passwd",
      "a//b",
      "./a",
      "a/.",
      "a\0b",
      "",
      "n".repeat(256),
      "a/".repeat(2_500) + "a",
      ".git/hooks/pre-commit",
      ".git",
      "sub/.git",
      "sub/.git/config",
      ".GIT/config",
      ".Git/config",
      ".git./config",
      ".git /config",
      "git~1/config",
      ".g\u200cit/config",
      ".git\ufe0f/config",
      ".g\u0131t/config",
      "\uff0egit/config",
      ".git::$INDEX_ALLOCATION/config",
      ".git\\hooks\\x",
      "a\\..\\..\\x",
      "C:\\x",
      "C:x",
      "\\\\host\\share",
      "file.txt::$DATA",
      "file://x",
      "con",
      "CON.txt",
      "a/aux.c",
      "lpt1",
      "COM¹",
      "name.",
      "name ",
      "a\u202eb",
      "a\nb",
    ];
    const passed = bad.filter((name) => nameRefusal(name, { isKnown: false }) === undefined);
    assert.deepEqual(passed, []);
  });

  it("are taken when they are ordinary, or the person has a file of that name already", () => {
    const good = [
      "a.txt",
      "src/.gitignore",
      ".github/workflows/x.yml",
      "git/x",
      "a/b c/é.ts",
      "日本/字.md",
      "..a/..b",
      "%2e%2e/x",
      "a..b",
      "digit~1",
    ];
    assert.deepEqual(
      good.filter((name) => nameRefusal(name, { isKnown: false }) !== undefined),
      [],
    );
    assert.equal(nameRefusal("drivers/aux.c", { isKnown: true }), undefined);
    assert.notEqual(nameRefusal(".git/config", { isKnown: true }), undefined);
  });

  it("are protected in whatever way they are written", () => {
    for (const name of [
      ".VSCODE/tasks.json",
      ".v\u200bscode/tasks.json",
      "sub/.github/x.yml",
      "\uff0evscode/x",
      ".vscode./tasks.json",
      ".env",
      "node",
      "AGENTS.md",
    ])
      assert.ok(isProtectedName(name), name);
    for (const name of ["src/a.ts", "package.json", "vscode/x", ".env.example"]) assert.equal(isProtectedName(name), false, name);
  });
});

describe("What git knows of a person", () => {
  it("stays out of a copy", () => {
    const config = `[core]\n\tbare = false\n[remote "origin"]\n\turl = https://user:token@example.com/a.git\n[url "https://t0ken@example.com/"]\n\tinsteadOf = x\n[http]\n\textraHeader = AUTHORIZATION: basic abc\n[credential]\n\thelper = "!f() { \\\n echo password=abc; }; f"\n[remote "ssh"]\n\turl = ssh://git@example.com/a.git\n`;
    const clean = withoutCredentials(config);
    assert.doesNotMatch(clean, /token|t0ken|abc/);
    assert.match(clean, /url = https:\/\/example\.com\/a\.git/);
    assert.match(clean, /ssh:\/\/git@example\.com/);
    assert.ok(isGitText("config") && isGitText("modules/a/config") && isGitText("logs/refs/heads/main"));
    assert.ok(!isGitText("refs/heads/config") && !isGitSecret("refs/heads/credentials") && !isGitText("objects/ab/config"));
    assert.ok(isGitSecret("git-credentials") && isGitSecret("index.lock"));
  });
});
