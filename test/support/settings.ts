/** VS Code settings by their full name. */
export type Settings = Readonly<Record<string, unknown>>;

/** Nothing of VS Code's own that greets, asks or advertises, so that a screenshot shows what the test is about. */
export const quietSettings: Settings = {
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.tips.enabled": false,
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
  "workbench.editor.empty.hint": "hidden",
  "workbench.enableExperiments": false,
  "chat.disableAIFeatures": true,
  "telemetry.telemetryLevel": "off",
  "extensions.ignoreRecommendations": true,
  "extensions.autoCheckUpdates": false,
  "git.openRepositoryInParentFolders": "never",
  "editor.minimap.enabled": false,
  // Because only the DOM renderer puts a terminal's text where a test can read it.
  "terminal.integrated.gpuAcceleration": "off",
};
