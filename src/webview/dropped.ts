/** Pictures that come with a paste or a drop. A copied text that brings its picture along, as from a spreadsheet, is text. */
export function picturesOf(data: DataTransfer): readonly File[] {
  return data.getData("text/plain") === "" ? [...data.files].filter((file) => file.type.startsWith("image/")) : [];
}

/** The paths of files that are dropped from the explorer or an editor's tab, one behind the other; `place` says how each is written to the agent. */
export function droppedPaths(data: DataTransfer, place: (path: string) => string): string {
  const list = data.getData("application/vnd.code.uri-list") || data.getData("text/uri-list");
  return list
    .split(/\r?\n/)
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => quoted(place(pathOf(line))))
    .join(" ");
}

/** A path with spaces is put into backticks, so that it is seen where it ends. */
export function quoted(path: string): string {
  return /\s/.test(path) ? `\`${path}\`` : path;
}

/** The path of a file's address; an address of the web stays what it is. */
function pathOf(address: string): string {
  try {
    const { protocol, pathname } = new URL(address);
    if (protocol === "http:" || protocol === "https:") return address;
    const path = decodeURIComponent(pathname);
    return /^\/[a-z]:/i.test(path) ? path.slice(1) : path;
  } catch {
    return address;
  }
}
