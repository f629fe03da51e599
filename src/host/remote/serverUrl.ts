/** The address of a server as it was typed, with a scheme and without what does not belong there; undefined when it is none. A key in it is refused. */
export function readServerUrl(typed: string): string | undefined {
  const text = typed.trim();
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  const isUsable = url !== null && /^https?:$/.test(url.protocol) && url.hostname !== "";
  if (!isUsable || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return undefined;
  return url.href.replace(/\/+$/, "");
}

/** Whether what is sent there, keys among it, can be read on its way: http to another machine. */
export function sendsOpenly(serverUrl: string): boolean {
  const { protocol, hostname } = new URL(serverUrl);
  return protocol === "http:" && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
