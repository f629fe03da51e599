type Environment = Readonly<Record<string, string | undefined>>;

const secretName = /(?:_KEY|_TOKEN|_SECRET|PASSWORD)$|^OH_SESSION_API_KEYS_|^(?:OPENAI|LLM|SESSION)_API_KEY/i;
/** Because they describe the editor's own process, and would turn `code` and other Electron programs into plain Node. */
const editorName = /^(?:ELECTRON_|VSCODE_(?!IPC_HOOK_CLI$|GIT_))/;

/** A copy without names that look like keys, tokens, secrets or passwords, and without the editor's own variables. */
export function withoutSecrets(env: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || secretName.test(name) || editorName.test(name)) continue;
    kept[name] = value;
  }
  return kept;
}

/** What the agent's shell gets: a person's, and what keeps programs from waiting for somebody who is not there (pagers, password and editor prompts). */
export function shellEnvironment(env: Environment): Record<string, string> {
  return { ...personEnvironment(env), ...forAgents };
}

/** UTF-8 is chosen where `env` chooses no language. */
export function personEnvironment(env: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined) kept[name] = value;
  if (!kept["LC_ALL"] && !kept["LC_CTYPE"] && !kept["LANG"]) kept["LANG"] = process.platform === "darwin" ? "en_US.UTF-8" : "C.UTF-8";
  return kept;
}

/** What everything that is started in one terminal inherits: `owner` is the name of its private folder. */
export function terminalMark(owner: string): string {
  return `${markVariable}=${owner}`;
}

export const markVariable = "OPENHANDS_TERMINAL";

const forAgents = {
  PAGER: "cat",
  GIT_PAGER: "cat",
  MANPAGER: "cat",
  GIT_TERMINAL_PROMPT: "0",
  GIT_EDITOR: "echo 'No editor can be opened here: give the text as an option, such as git commit -m.' >&2; false",
  DEBIAN_FRONTEND: "noninteractive",
  AI_AGENT: "openhands",
};
