/** What a path is used for. */
export type PathUse = "read" | "write";

/** Files that something else runs, obeys or trusts later; at any depth, there or not. */
const runOrTrusted = [
  ".git/**",
  ".gitmodules",
  ".gitattributes",
  ".gitconfig",
  ".husky/**",
  ".pre-commit-config.yaml",
  "lefthook.y*ml",
  ".lefthook.y*ml",
  ".vscode/**",
  "*.code-workspace",
  ".idea/**",
  ".zed/**",
  ".devcontainer/**",
  ".devcontainer.json",
  ".envrc",
  "mise.toml",
  ".mise.toml",
  ".mcp.json",
  ".cursor/**",
  ".cursorrules",
  ".claude/**",
  ".codex/**",
  ".gemini/**",
  ".roo/**",
  ".clinerules*",
  ".clinerules*/**",
  ".windsurf/**",
  ".windsurfrules",
  ".kiro/**",
  ".amazonq/**",
  ".openhands/**",
  "{AGENTS,CLAUDE,GEMINI}.md",
  ".github/**",
  ".gitlab-ci.yml",
  ".circleci/**",
  "Jenkinsfile",
  "azure-pipelines.yml",
  ".npmrc",
  ".yarnrc*",
  ".pnpmfile.*",
  ".pypirc",
  "pip.conf",
  ".ripgreprc",
  ".venv/bin/**",
  ".venv/Scripts/**",
  "node_modules/.bin/**",
];

const secret = [
  ".env*",
  "*.pem",
  "*.key",
  "*.p12",
  "*.pfx",
  "*.kdbx",
  ".netrc",
  "_netrc",
  ".git-credentials",
  ".npmrc",
  ".pypirc",
  ".ssh/**",
  ".gnupg/**",
  ".aws/**",
  ".azure/**",
  ".config/gcloud/**",
  ".kube/**",
  ".docker/config.json",
  "*.tfstate",
  "*.tfstate.backup",
  ".mozilla/**",
  ".config/{google-chrome,chromium,BraveSoftware,microsoft-edge}/**",
  "Library/Application Support/{Google/Chrome,Firefox,Microsoft Edge}/**",
  "AppData/{Local,Roaming}/{Google/Chrome,Mozilla/Firefox,Microsoft/Edge}/**",
];

/** Private keys of SSH; a source file such as `id_map.ts` is none. */
const keyName = /(?:^|\/)id_[^./]+$/;

const notSecret = [".env.example", ".env.sample", ".env.template", ".envrc"];

/** In the workspace's own folder these would run in place of the real ones. */
const toolName = /^(?:git|node|npm|npx|python|pip|bash|sh|cmd|powershell)(?:-[\w-]+|[\d.]+)?(?:\.(?:exe|cmd|bat|com|ps1))?$/;

const isRunOrTrusted = matcherOf(runOrTrusted);
const isSecretName = matcherOf(secret);
const isNoSecret = matcherOf(notSecret);

/** Whether what is at `path` is likely to be a secret: a key, a password, a session. */
export function isSecret(path: string): boolean {
  const name = comparable(path);
  return (isSecretName(name) || keyName.test(name)) && !isNoSecret(name);
}

/** Whether a person is asked before `path` is used, wherever it lies. It is matched in any case, as some file systems do. */
export function isProtected(path: string, use: PathUse): boolean {
  return isSecret(path) || (use === "write" && isRunOrTrusted(comparable(path)));
}

/** Whether a file at `relative`, from the workspace's folder, would be taken for a program. */
export function isLikeTool(relative: string): boolean {
  return toolName.test(comparable(relative));
}

/** One expression for all, because every path of every action is held against it. */
function matcherOf(globs: readonly string[]): (path: string) => boolean {
  const pattern = new RegExp(`(?:^|/)(?:${globs.map((glob) => patternOf(comparable(glob))).join("|")})$`);
  return (path) => pattern.test(path);
}

/** A folder is protected like what is in it. */
function patternOf(glob: string): string {
  const parts: Readonly<Record<string, string>> = { "/**": "(?:/.*)?", "*": "[^/]*", "{": "(?:", "}": ")", ",": "|" };
  return glob.replaceAll(/\/\*\*|[*{},]|[.+^$()|[\]\\]/g, (part) => parts[part] ?? `\\${part}`);
}

/** One form for the ways to write a name that some file system takes for the same. */
function comparable(path: string): string {
  return path.normalize("NFC").toLowerCase().replaceAll("\\", "/").replace(/^\/+/, "");
}
