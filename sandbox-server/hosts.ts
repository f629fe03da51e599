/** Whether only this machine reaches the address. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[?::1\]?)$/i.test(host);
}

const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

export interface HostOptions {
  readonly host: string;
  readonly port: number;
  readonly isPublic: boolean;
  readonly allowHosts: readonly string[];
}

/**
 * The names by which requests may call the server, because a page could have a name of its own lead here. By loopback names with our port; with
 * any port where Docker or a proxy may have given it another one. A wildcard is no name.
 */
export function allowedHosts({ host, port, isPublic, allowHosts }: HostOptions): string[] {
  const isWildcard = ["0.0.0.0", "::", "[::]"].includes(host);
  const address = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const names = [...new Set([...loopbackNames, ...(isWildcard ? [] : [address.toLowerCase()])])];
  const own = isPublic ? names : names.map((name) => (port === 80 ? name : `${name}:${port}`));
  return [...own, ...allowHosts.map((name) => name.toLowerCase())];
}
