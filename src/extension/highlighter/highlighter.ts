import * as vscode from "vscode";
import type { Log } from "../../protocol/log.ts";
import { activeTheme, customRules, type ThemeWish } from "./activeTheme.ts";
import { type Catalog, catalogOf, scopeOf, type ThemeKind } from "./catalog.ts";
import { CodeColours, type Lines } from "./codeColours.ts";

const mostCharacters = 20_000;

const kinds: Readonly<Record<vscode.ColorThemeKind, ThemeKind>> = {
  [vscode.ColorThemeKind.Light]: "light",
  [vscode.ColorThemeKind.Dark]: "dark",
  [vscode.ColorThemeKind.HighContrast]: "high contrast",
  [vscode.ColorThemeKind.HighContrastLight]: "high contrast light",
};

const preferredSettings: Readonly<Record<ThemeKind, string>> = {
  light: "preferredLightColorTheme",
  dark: "preferredDarkColorTheme",
  "high contrast": "preferredHighContrastColorTheme",
  "high contrast light": "preferredHighContrastLightColorTheme",
};

const themeSettings = ["workbench.colorTheme", "workbench.preferred", "window.autoDetect", "editor.tokenColorCustomizations"];

/** The colours that code has in the editors of this very VS Code: by the grammars of its extensions and the theme that is on. */
export class Highlighter implements vscode.Disposable {
  readonly #worker: string;
  readonly #log: Log;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];
  #catalog: Catalog | undefined;
  #colours: CodeColours | undefined;
  /** Colours that were given are not those of the editor any more. */
  readonly onDidChange = this.#changed.event;

  /** `worker` is the program that `worker.ts` is built into. */
  constructor(worker: string, log: Log) {
    this.#worker = worker;
    this.#log = log;
    this.#subscriptions = [
      this.#changed,
      vscode.window.onDidChangeActiveColorTheme(() => this.#forget()),
      vscode.extensions.onDidChange(() => this.#forget()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (themeSettings.some((name) => event.affectsConfiguration(name))) this.#forget();
      }),
    ];
  }

  /** The coloured pieces of each line; undefined when the language is not known here, or the text is too long. Never rejects. */
  async highlight(language: string, text: string): Promise<Lines | undefined> {
    if (text.length > mostCharacters) return undefined;
    this.#catalog ??= catalogOf(vscode.extensions.all);
    const scope = scopeOf(this.#catalog, language);
    if (scope === undefined) return undefined;
    this.#colours ??= this.#open(this.#catalog);
    return this.#colours?.colour(scope, text);
  }

  dispose(): void {
    this.#colours?.[Symbol.dispose]();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #open({ grammars, themes }: Catalog): CodeColours | undefined {
    const theme = activeTheme(themes, wish());
    if (theme === undefined) return undefined;
    this.#log.debug("code is coloured", { theme: theme.id, grammars: grammars.length });
    const rules = customRules(vscode.workspace.getConfiguration("editor").get("tokenColorCustomizations"), theme.id);
    return new CodeColours({ worker: this.#worker, start: { grammars: grammars.map(writable), theme, rules }, log: this.#log });
  }

  #forget(): void {
    this.#colours?.[Symbol.dispose]();
    this.#colours = undefined;
    this.#catalog = undefined;
    this.#changed.fire();
  }
}

const writable = ({ scopeName, path, injectTo }: Catalog["grammars"][number]) => ({ scopeName, path, injectTo: [...injectTo] });

function wish(): ThemeWish {
  const kind = kinds[vscode.window.activeColorTheme.kind];
  const workbench = vscode.workspace.getConfiguration("workbench");
  const isHighContrast = kind.startsWith("high contrast");
  const follows = vscode.workspace.getConfiguration("window").get(isHighContrast ? "autoDetectHighContrast" : "autoDetectColorScheme");
  return {
    kind,
    colorTheme: workbench.get("colorTheme", ""),
    preferred: workbench.get(preferredSettings[kind], ""),
    followsSystem: follows === true,
  };
}
