/** What is said of a simple command that `when` fits; its program stands first, without its folder. */
export interface Rule {
  readonly when: RegExp;
  readonly text: string | ((line: string) => string);
  /** A person is asked every time: it cannot be allowed once for all. */
  readonly isAsked?: true;
}

const always = { isAsked: true } as const;

/** Git's own options before its command. */
const git = String.raw`^git(?:\s+(?:-[Cc]\s+\S+|--[\w-]+(?:=\S+)?|-p))*\s+`;
const npm = String.raw`^(?:npm|pnpm|yarn|bun)(?:\s+-\S+)*\s+`;
const ofGit = (commands: string): RegExp => new RegExp(`${git}(?:${commands})(?:\\s|$)`);
const ofNpm = (commands: string): RegExp => new RegExp(`${npm}(?:${commands})(?:\\s|$)`);

const installs = "Installs packages, which run their own scripts.";
/** Of the shell that stays open. */
export const changesLater = "Changes what later commands do.";
export const changesPrograms = "Changes which programs the commands run.";
export const runsText = "Runs text as a command.";
const throwsAway = "Throws away changes or commits.";

/** All that fit are told. */
export const rules: readonly Rule[] = [
  { when: /^(?:sudo|su|doas|pkexec|runas|gsudo)(?:\s|$)/, text: "Runs as administrator.", ...always },
  {
    when: /^(?:docker|podman|nerdctl|docker-compose|kubectl|helm|minikube)(?:\s|$)/,
    text: "Controls containers, which reach the whole machine.",
    ...always,
  },
  { when: /^(?:systemctl|service|launchctl|crontab|at|schtasks|sc)(?:\s|$)/, text: "Changes what this machine runs by itself.", ...always },
  { when: /^(?:shutdown|reboot|halt|poweroff)(?:\s|$)/, text: "Shuts this machine down.", ...always },
  { when: /^(?:mount|umount|mkfs\S*|fdisk|diskutil|dd|shred)(?:\s|$)/, text: "Changes disks or whole devices.", ...always },
  { when: /^chmod\s(?:.*\s)?(?:[augo]*\+[rwx]*s|[2467]\d{3})(?:\s|$)/, text: "Lets a program run with somebody else's rights.", ...always },
  { when: /^(?:chmod|chown|chgrp)(?:\s|$)/, text: "Changes who may use files." },
  { when: /^(?:code|code-insiders|codium|cursor)\s.*--(?:un)?install-extension/, text: "Changes the editor's extensions.", ...always },
  { when: /^(?:open|xdg-open|start|osascript)(?:\s|$)/, text: "Opens another program.", ...always },
  { when: /^(?:eval|iex|invoke-expression)(?:\s|$)/, text: runsText, ...always },
  {
    when: /^(?:git|gh|npm|pnpm|yarn|bun|cargo|pip[\d.]*|go)\s+(?:-\S+\s+)*\$/,
    text: "Has a command that is only known when it runs.",
    ...always,
  },
  { when: /^(?:source|\.)(?:\s|$)/, text: "Runs a script in this terminal." },
  {
    when: /^(?:function|export|declare|typeset|readonly|local|alias|set|shopt|trap|hash|enable|unalias)(?:\s|$)/,
    text: changesLater,
    ...always,
  },
  { when: /^(?:ssh|mosh|telnet)(?:\s|$)/, text: (line) => `Acts on ${hostOf(line)}.`, ...always },
  { when: /^(?:scp|sftp|rsync\s.*\S:|nc|ncat|netcat|socat|ftp)(?:\s|$)/, text: (line) => `Sends data to ${hostOf(line)}.`, ...always },
  {
    when: /^(?:curl|wget|http|https|xh)\s(?:.*\s)?(?:-d|-F|-T|--data\S*|--form\S*|--upload-file|--json|--post-\w+|-X\s*(?:POST|PUT|PATCH|DELETE)|POST|PUT|PATCH|DELETE)(?:[\s=@]|$)/,
    text: (line) => `Sends data to ${hostOf(line)}.`,
    ...always,
  },
  {
    when: /^(?:curl|wget|http|https|xh|ping6?|dig|nslookup|host|traceroute|whois|invoke-webrequest|invoke-restmethod|iwr|irm)\s.*\$/,
    text: "Contacts an address that is only known when it runs.",
    ...always,
  },
  {
    when: /^(?:curl|wget|http|https|xh|aria2c|ping6?|dig|nslookup|host|traceroute|whois|invoke-webrequest|invoke-restmethod|iwr|irm)(?!.*\$)(?:\s|$)/,
    text: (line) => `Contacts ${hostOf(line)}.`,
  },
  {
    when: ofGit(String.raw`push\s(?:.*\s)?(?:-f|--force\S*|--delete|-d|--mirror|\+\S+)`),
    text: "Overwrites or deletes commits on the server.",
    ...always,
  },
  { when: ofGit("push|send-email"), text: "Publishes commits.", ...always },
  {
    when: ofGit(
      String.raw`reset\s(?:.*\s)?--(?:hard|merge|keep)|clean|checkout\s(?:.*\s)?(?:--|\.|-f|--force)|restore|stash\s+(?:drop|clear)|branch\s(?:.*\s)?(?:-D|--delete|-d)|rebase|filter-branch|filter-repo|reflog\s+expire|gc|update-ref|worktree\s+remove|tag\s+-d|commit\s(?:.*\s)?--amend`,
    ),
    text: throwsAway,
    ...always,
  },
  {
    when: ofGit("config|remote|credential|submodule|hook|maintenance|lfs"),
    text: "Changes how git works here, and whom it contacts.",
    ...always,
  },
  { when: /^git\s(?:.*\s)?-c\s/, text: "Changes how git works here, and whom it contacts.", ...always },
  {
    when: ofGit("fetch|pull|clone|ls-remote|archive\\s.*--remote"),
    text: (line) => `Contacts ${hostOf(line, "the repository's server")}.`,
  },
  {
    when: /^gh\s+(?:repo\s+delete|pr\s+(?:create|merge|close|comment|review)|issue\s+(?:create|close|comment|delete)|release|workflow|secret|variable|api|gist|auth|ssh-key|run\s+(?:rerun|cancel))(?:\s|$)/,
    text: "Changes things on GitHub.",
    ...always,
  },
  { when: /^gh(?:\s|$)/, text: "Contacts github.com." },
  {
    when: /^(?:aws|gcloud|gsutil|az|terraform|tofu|pulumi|ansible\S*|heroku|vercel|netlify|fly|flyctl|firebase|wrangler|serverless|cdk|doctl)(?:\s|$)/,
    text: "Acts on your accounts in the cloud.",
    ...always,
  },
  {
    when: ofNpm("publish|unpublish|deprecate|dist-tag|owner|access|team|token|login|adduser|logout"),
    text: "Publishes packages or changes your account.",
    ...always,
  },
  {
    when: /^(?:cargo\s+(?:publish|yank|owner|login)|twine|gem\s+(?:push|yank|owner)|vsce|ovsx|poetry\s+publish|uv\s+publish|hatch\s+publish|flit\s+publish|mvnw?\s.*deploy|gradlew?\s.*publish\S*|dotnet\s+nuget\s+push|nuget\s+push|pod\s+trunk|(?:npx|bunx)\s+(?:vsce|ovsx|semantic-release|lerna\s+publish))(?:\s|$)/,
    text: "Publishes packages or changes your account.",
    ...always,
  },
  { when: ofNpm("config\\s+set|set|link"), text: "Changes how packages are installed.", ...always },
  { when: ofNpm("i|install|in|add|ci|install-test|it|update|up|upgrade|rebuild|dlx|create|init|x|exec"), text: installs },
  { when: /^(?:yarn|bun\s+install|npx|bunx|uvx|pipx)(?:\s+-\S+)*$|^(?:npx|bunx|uvx|pipx)\s/, text: installs },
  {
    when: /^(?:pip[\d.]*|uv|poetry|pdm|pipenv|conda|mamba|cargo|go|gem|bundle|composer|dotnet|nuget|mix|stack|cabal)\s+(?:\S+\s+)*?(?:install|add|sync|get|require|update|upgrade|restore|deps\.get)(?:\s|$)/,
    text: installs,
  },
  { when: /^python[\d.]*\s+-m\s+pip\s+install/, text: installs },
  {
    when: /^(?:brew|apt|apt-get|dnf|yum|pacman|apk|zypper|choco|winget|scoop|snap|flatpak|port|dpkg|rpm|softwareupdate)(?:\s|$)/,
    text: "Changes the programs of this machine.",
    ...always,
  },
  { when: /^rm\s(?:.*\s)?(?:\/|~|\*|\.|\.\.|\$\S*)\/?\*?(?:\s|$)/, text: "Deletes all that is there.", ...always },
  { when: /^(?:rm|rmdir|unlink|del|erase|remove-item|trash|rimraf)(?:\s|$)|^find\s.*\s-delete(?:\s|$)/, text: "Deletes files." },
  { when: /^(?:truncate|find\s.*\s-fprintf?)(?:\s|$)/, text: "Overwrites files." },
  { when: /^(?:kill|pkill|killall|taskkill|stop-process)(?:\s|$)/, text: "Ends running programs." },
  {
    when: /^(?:psql|mysql|mariadb|sqlite3|mongo|mongosh|redis-cli|sqlcmd)\b.*\b(?:drop|truncate|delete|flushall|flushdb)\b/i,
    text: "Deletes data of a database.",
    ...always,
  },
  { when: /^(?:psql|mysql|mariadb|mongo|mongosh|redis-cli|sqlcmd)(?:\s|$)/, text: "Reads or changes a database." },
  {
    when: /^env\s.*(?:-S|--split-string)|^(?:awk|gawk)\s.*(?:system\s*\(|\|\s*getline)|^sed\s.*(?:\/[gip\d]*e(?:\s|;|$)|\bw\s+\S)|^(?:rg\s.*--pre|sort\s.*--compress-program|tar\s.*(?:--to-command|--checkpoint-action|-I\s)|man\s.*-P|git\s.*--(?:upload-pack|receive-pack|exec))/,
    text: "Has an option that runs another command.",
    ...always,
  },
  {
    when: /^(?:history|fc)\s|^(?:passwd|useradd|usermod|visudo|security|keychain|ssh-keygen|ssh-add|gpg)(?:\s|$)/,
    text: "Touches your accounts or keys.",
    ...always,
  },
];

/** The machine that a command names, as far as it can be told. */
function hostOf(line: string, otherwise = "another machine"): string {
  const url = /\b[a-z][\w+.-]*:\/\/(?:[^\s/@]*@)?([^\s/:?#"']+)/i.exec(line)?.[1];
  const remote = /\s(?:[\w.-]+@)([\w.-]+)/.exec(line)?.[1];
  const bare = /\s((?:[\w-]+\.)+[a-z]{2,}|localhost|\d+(?:\.\d+){3})(?=[\s:/]|$)/i.exec(line)?.[1];
  return url ?? remote ?? bare ?? otherwise;
}
