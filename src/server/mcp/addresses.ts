import { lookup as resolve } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** Where clouds tell their machines their secrets; nobody is led there. */
const never = blockList([
  ["169.254.0.0", 16],
  ["100.100.100.200", 32],
  ["168.63.129.16", 32],
  ["fe80::", 10],
  ["fd00:ec2::254", 128],
  ["64:ff9b::", 96],
  ["224.0.0.0", 4],
  ["ff00::", 8],
]);

/** This machine and the networks around it. */
const inside = blockList([
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["240.0.0.0", 4],
  ["::", 128],
  ["::1", 128],
  ["fc00::", 7],
]);

function blockList(networks: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [address, bits] of networks) list.addSubnet(address, bits, isIP(address) === 6 ? "ipv6" : "ipv4");
  return list;
}

export interface Reach {
  /** Whether this machine and the networks around it may be asked. */
  readonly inside: boolean;
}

/** Why nobody is led to the address; undefined: they may be. */
function whyNot(address: string, reach: Reach): string | undefined {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (never.check(address, family)) return `${address} is not asked by anybody through this server.`;
  if (!reach.inside && inside.check(address, family))
    return `${address} is in this server's own network, which only a server on loopback asks.`;
  return undefined;
}

/** Throws a sentence for a URL that must not be asked. One with a name is decided by `checkedLookup`, when its addresses are known. */
export function checkUrl(url: URL, reach: Reach): void {
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new Error("The address must begin with http:// or https://.");
  if (url.username !== "" || url.password !== "") throw new Error("The address must be without a user and a password: give them in auth.");
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const reason = isIP(host) === 0 ? undefined : whyNot(host, reach);
  if (reason !== undefined) throw new Error(reason);
}

/** Resolves names to addresses that may be asked, so that exactly what was checked is connected to. */
export function checkedLookup(reach: Reach): LookupFunction {
  return (name, options, callback) => {
    resolve(name, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "", 0);
      const reason = addresses.map(({ address }) => whyNot(address, reach)).find((text) => text !== undefined);
      const [first] = addresses;
      if (reason !== undefined || first === undefined) return callback(new Error(reason ?? `${name} has no address.`), "", 0);
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}
