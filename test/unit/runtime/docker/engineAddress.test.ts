import { deepEqual, rejects } from "node:assert/strict";
import { addressWords, isElsewhere, readAddress } from "../../../../src/runtime/docker/engineAddress.ts";
import { RuntimeError } from "../../../../src/runtime/runtime.ts";

const plain = { tls: undefined, folder: "" };

describe("the address of an engine", () => {
  const read: readonly (readonly [string, string, boolean])[] = [
    ["unix:///run/docker.sock", "/run/docker.sock", false],
    ["unix://", "/var/run/docker.sock", false],
    ["npipe:////./pipe/docker_engine", "//./pipe/docker_engine", false],
    ["tcp://build.example:1234", "tcp://build.example:1234", true],
    ["tcp://127.0.0.1", "tcp://127.0.0.1:2375", false],
    ["tcp://[::1]:2375", "tcp://[::1]:2375", false],
    ["localhost:2375", "tcp://localhost:2375", false],
    ["https://build.example", "tcp://build.example:2376", true],
    ["ssh://me@build.example:2222", "ssh://me@build.example:2222", true],
    ["ssh://build", "ssh://build", true],
    ["ssh://build/run/user/1000/docker.sock", "ssh://build/run/user/1000/docker.sock", true],
  ];
  for (const [text, words, elsewhere] of read) {
    it(`is read from ${text}`, async () => {
      const address = await readAddress(text, plain);
      deepEqual([addressWords(address), isElsewhere(address)], [words, elsewhere]);
    });
  }

  for (const text of [
    "ftp://host",
    "ssh://-oProxyCommand=touch%20x/",
    "ssh://-l@host",
    "ssh://me:secret@host",
    "tcp://",
    "fd://",
    "tcp://a b",
  ]) {
    it(`is not ${text}`, () => rejects(readAddress(text, plain), RuntimeError));
  }
});
