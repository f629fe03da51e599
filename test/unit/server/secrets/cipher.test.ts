import { equal, match, notEqual, ok } from "node:assert/strict";
import { cipherOf, fernetOf, isToken, sealed } from "../../../../src/server/secrets/cipher.ts";

// From the Fernet specification (github.com/fernet/spec): generate.json, verify.json and invalid.json.
const specKey = Buffer.from("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=", "base64url");
const specToken = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
const invalid = {
  "incorrect mac": "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==",
  "too short": "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==",
  "invalid base64": "%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
  "payload size not multiple of block size":
    "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm",
  "payload padding error": "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==",
  "incorrect IV (causes padding error)":
    "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAnja1xKYyhd-Y6mSkTOyTGJmw2Xc2a6kBd-iX9b_qXQcw==",
};

describe("the cipher", () => {
  it("makes and reads the tokens of the Fernet specification", () => {
    const iv = Uint8Array.from({ length: 16 }, (_, index) => index);
    const keys = { signingKey: specKey.subarray(0, 16), encryptionKey: specKey.subarray(16) };
    equal(sealed("hello", { ...keys, iv, seconds: 499_162_800 }), specToken);
    equal(fernetOf(specKey).decrypt(specToken), "hello");
    for (const [what, token] of Object.entries(invalid)) equal(fernetOf(specKey).decrypt(token), undefined, what);
  });

  it("brings any text back, with the same secret only", () => {
    const cipher = cipherOf("the server's secret");
    for (const text of ["", "sk-planted", "ü€😀\n".repeat(1000)]) {
      const token = cipher.encrypt(text);
      ok(isToken(token));
      match(token, /^gAAAAA[\w-]+={0,2}$/);
      equal(cipherOf("the server's secret").decrypt(token), text);
      equal(cipherOf("another secret").decrypt(token), undefined);
      notEqual(cipher.encrypt(text), token);
    }
    equal(cipher.decrypt("sk-plain"), undefined);
    equal(cipher.decrypt(""), undefined);
  });

  it("refuses a token in which one bit was changed", () => {
    const cipher = cipherOf("secret");
    const bytes = Buffer.from(cipher.encrypt("text"), "base64url");
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      equal(cipher.decrypt(changed.toString("base64url")), undefined);
    }
  });
});
