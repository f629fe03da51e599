import type { ChangedFile } from "../protocol/chat.ts";
import { type Folders, relativePath } from "../protocol/display.ts";
import type { Row } from "../protocol/view.ts";

/** Absolute paths by what a file may be called: its path, its path in the folder, its bare name where only one has it. */
export type KnownFiles = ReadonlyMap<string, string>;

/** The files that the conversation has read or changed. */
export function knownFiles(rows: readonly Row[], changed: readonly ChangedFile[], folders: Folders): KnownFiles {
  const looked = rows.flatMap((row) => (row.type === "action" && row.event.action?.kind === "FileEditorAction" ? [row] : []));
  const paths = new Set([
    ...changed.map(({ path }) => path),
    ...looked.flatMap(({ event, result }) =>
      result?.kind === "ObservationEvent" && !result.observation.is_error && event.action?.kind === "FileEditorAction"
        ? [event.action.path]
        : [],
    ),
  ]);
  const names = new Map<string, string>();
  for (const path of paths) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    names.set(name, names.has(name) ? "" : path);
  }
  for (const path of paths) names.set(path, path).set(relativePath(path, folders), path);
  return names;
}

/** Names of these files in backticks become links, `path:12` too. */
export function linkFiles(root: ParentNode, files: KnownFiles): void {
  for (const code of root.querySelectorAll("code")) {
    if (code.closest("pre, [data-address]") !== null) continue;
    const [, name = "", line] = /^(?:\.\/)?(.+?)(?::([1-9]\d{0,8}))?(?::\d+)?$/.exec(code.textContent ?? "") ?? [];
    const path = files.get(name) ?? "";
    if (path === "") continue;
    code.classList.add("link");
    code.setAttribute("role", "link");
    code.tabIndex = 0;
    code.title = line === undefined ? path : `${path}:${line}`;
    code.dataset["file"] = path;
    if (line !== undefined) code.dataset["line"] = line;
  }
}
