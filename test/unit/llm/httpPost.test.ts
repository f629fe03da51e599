import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { readBeginning } from "../../../src/llm/boundedAnswer.ts";
import { httpPost } from "../../../src/llm/httpPost.ts";

interface Served extends AsyncDisposable {
  readonly url: URL;
}

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Served> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/start`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const { signal } = new AbortController();
const post = async (url: URL, body = "x"): Promise<[number, string]> => {
  const answer = await httpPost(url, { headers: { authorization: "Bearer key" }, body, signal });
  return [answer.status, await readBeginning(answer.body)];
};

describe("a POST", () => {
  it("sends its body and reads what comes, compressed or not", async () => {
    await using server = await serve(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const text = Buffer.concat(pieces);
      if (request.headers["x-zip"]) response.setHeader("content-encoding", "gzip");
      response.end(request.headers["x-zip"] ? gzipSync(text) : text);
    });
    for (const headers of [{}, { "x-zip": "1" }] as Record<string, string>[]) {
      const answer = await httpPost(server.url, { headers, body: "grüß dich", signal });
      assert.equal(await readBeginning(answer.body), "grüß dich");
    }
  });

  it("follows a redirection on its host with the same body, and takes the key to no other", async () => {
    const seen: string[] = [];
    await using server = await serve((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      const location = { "/start": "/next", "/next": "http://127.0.0.2:1/else" }[request.url ?? ""];
      response.writeHead(308, { location }).end("moved");
    });
    assert.deepEqual(await post(server.url), [308, "moved"]);
    assert.deepEqual(seen, ["POST /start", "POST /next"]);
  });

  it("ends a chain of redirections", async () => {
    let count = 0;
    await using server = await serve((_, response) => void (count++, response.writeHead(307, { location: "/start" }).end()));
    assert.equal((await post(server.url))[0], 307);
    assert.equal(count, 6);
  });

  it("is sent again, once, when a kept connection turns out to be closed", async () => {
    let count = 0;
    await using server = await serve((request, response) => {
      if (++count === 2) return void request.socket.destroy();
      return void response.end(`answer ${count}`);
    });
    assert.deepEqual(await post(server.url), [200, "answer 1"]);
    assert.deepEqual(await post(server.url), [200, "answer 3"]);
  });

  it("is not sent again when a fresh connection breaks", async () => {
    let count = 0;
    await using server = await serve((request) => void (count++, request.socket.destroy()));
    await assert.rejects(post(server.url), { code: "ECONNRESET" });
    assert.equal(count, 1);
  });

  it("ends with its signal, before the answer and in it", async () => {
    await using server = await serve((request, response) => void (request.url === "/start" && response.write("begun")));
    const before = new AbortController();
    const waiting = httpPost(new URL("/silent", server.url), { headers: {}, body: "", signal: before.signal });
    before.abort();
    await assert.rejects(waiting, { name: "AbortError" });
    const during = new AbortController();
    const answer = await httpPost(server.url, { headers: {}, body: "", signal: during.signal });
    const reading = readBeginning(answer.body);
    during.abort();
    await assert.rejects(reading);
  });
});
