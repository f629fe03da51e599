import { lookup } from "node:dns/promises";
import { type ClientRequest, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { BlockList, isIP } from "node:net";
import { text } from "node:stream/consumers";

const mostMs = 30_000;
const mostBytes = 64 * 1024;

/**
 * What a GET of `url` answers, within 30 s. The address is checked and then used, whatever its name leads to a moment later: nothing of this machine
 * or of its neighbours on the link, such as a cloud's metadata, can be asked. Redirections are not followed. Rejects with a sentence.
 */
export async function fetchSecret(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<string> {
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new Error("Only http and https addresses are asked.");
  const address = await checkedAddress(url.hostname.replace(/^\[|\]$/g, ""));
  const limit = AbortSignal.any([signal, AbortSignal.timeout(mostMs)]);
  const ask = url.protocol === "https:" ? httpsRequest : httpRequest;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const request: ClientRequest = ask(
    url,
    // Always the address that was checked, in the form that is asked for.
    {
      headers,
      signal: limit,
      agent: false,
      lookup: (_name, { all }, done) => (all ? done(null, [address]) : done(null, address.address, address.family)),
    },
    (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        return reject(new Error(`It answered ${response.statusCode}.`));
      }
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > mostBytes) response.destroy(new Error("Its answer is too long for a secret."));
      });
      text(response).then(resolve, reject);
    },
  );
  request.once("error", reject);
  request.end();
  return promise;
}

async function checkedAddress(host: string): Promise<{ readonly address: string; readonly family: number }> {
  const found = isIP(host) === 0 ? await lookup(host) : { address: host, family: isIP(host) };
  if (isBlocked(found.address)) throw new Error("It leads to this machine or its link, where nothing is asked.");
  return found;
}

export function isBlocked(address: string): boolean {
  return blocked.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** Also as IPv4 addresses in IPv6 ones, which the list looks into by itself. */
const blocked = new BlockList();
for (const [net, prefix] of [
  ["0.0.0.0", 8],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 3],
] as const)
  blocked.addSubnet(net, prefix, "ipv4");
for (const [net, prefix] of [
  ["::", 127],
  ["fe80::", 10],
  ["ff00::", 8],
  ["fd00:ec2::254", 128],
] as const)
  blocked.addSubnet(net, prefix, "ipv6");
