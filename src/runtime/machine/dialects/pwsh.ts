import { markerStart } from "../markers.ts";
import type { LaunchOptions, ShellDialect } from "./dialect.ts";

/**
 * PowerShell 7, for Windows in the first place. **Untested**: no Windows was at hand, neither for it nor for node-pty's ConPTY,
 * which may hold a marker back or write it in another place than between the texts that it stands between.
 *
 * It has no variable for how a command ended: the exit code is that of the last program, or 1 when a cmdlet failed. So the variable for
 * programs begins with 0 each time, and a command cannot ask how the one before has ended.
 */
export const pwsh: ShellDialect = powershellNamed("pwsh");

/** The one that comes with Windows; it reads a file without a mark at its begin as the machine's old code page. */
export const powershell: ShellDialect = powershellNamed("powershell");

function powershellNamed(name: "pwsh" | "powershell"): ShellDialect {
  return {
    name,
    needsTerminal: true,
    userFile: "PowerShell profile",

    launch(options) {
      const file = options.write("rc.ps1", byteOrderMark + startupFile(options));
      const clean = options.userStartupFiles ? [] : ["-NoProfile"];
      return { args: ["-NoLogo", ...clean, "-ExecutionPolicy", "Bypass", "-NoExit", "-Command", `. ${quote(file)}`] };
    },

    /** As text that is read and evaluated, not as a script, because scripts may be forbidden and have a scope of their own. */
    commandFile({ text, env = {}, nonce }) {
      const exported = Object.entries(env).map(([key, value]) => `$env:${key} = ${quote(value)}\n`);
      const code = Buffer.from(text, "utf16le").toString("base64");
      return `${exported.join("")}$global:__oh_n = '${nonce}'
$global:__oh_c = [Text.Encoding]::Unicode.GetString([Convert]::FromBase64String('${code}'))
$global:LASTEXITCODE = 0
`;
    },

    typedLine: (file) =>
      ` . ([scriptblock]::Create([IO.File]::ReadAllText(${quote(file)}))); __oh_start; . { try { . ([scriptblock]::Create($__oh_c)) } catch { $_ | Out-Default; $global:__oh_f = 1 } }; __oh_end $?\r`,
    askLine: (question) => ` . { __oh_answer ${question} }\r`,
    /** PSReadLine's key for an empty line. */
    discardKeys: "\x1b",
    saneLine: "",
  };
}

const byteOrderMark = "\ufeff";

function startupFile({ token }: LaunchOptions): string {
  const start = markerStart(token).slice(1);
  return `[Console]::OutputEncoding = [Console]::InputEncoding = $global:OutputEncoding = [Text.UTF8Encoding]::new($false)
$global:__oh_n = ''; $global:__oh_c = ''; $global:__oh_s = 0; $global:__oh_f = 0
function global:__oh_write($body) { [Console]::Write([char]27 + '${start}' + $body + [char]7) }
function global:__oh_mark($kind) {
  $folder = (Get-Location).ProviderPath -replace '%', '%25' -replace [char]27, '%1B' -replace [char]7, '%07' -replace ' $', '%20'
  __oh_write ($kind + ';' + $global:__oh_n + ';' + $global:__oh_s + ';' + $folder + [char]13 + [char]10)
  $global:__oh_n = ''
}
function global:__oh_start { __oh_write ('S;' + $global:__oh_n) }
function global:__oh_end($worked) {
  $code = $global:LASTEXITCODE
  $global:__oh_s = if ($global:__oh_f) { 1 } elseif ($code) { $code } elseif ($worked) { 0 } else { 1 }
  $global:__oh_f = 0
  $global:__oh_c = ''
  __oh_mark 'E'
}
function global:__oh_answer($question) { $global:__oh_n = "$question"; __oh_mark 'Y' }
$global:__oh_own = $function:prompt
function global:prompt {
  if ($global:__oh_n -ne '') { $global:__oh_s = 130; $global:__oh_f = 0 }
  __oh_mark 'P'
  (& $global:__oh_own) + [char]27 + '${start}B' + [char]7
}
if (Get-Command Set-PSReadLineOption -ErrorAction Ignore) {
  Set-PSReadLineOption -AddToHistoryHandler { param($line) -not $line.StartsWith(' ') }
}
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
