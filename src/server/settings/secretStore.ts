import * as z from "zod";
import { Refusal } from "../answers.ts";
import type { Cipher } from "../secrets/cipher.ts";
import type { KeptFiles } from "../storage/keptFiles.ts";
import type { SecretInfo, SecretStore } from "./stores.ts";

const file = "secrets.json";
const mostSecrets = 1_000;

const Kept = z.object({
  custom_secrets: z.record(z.string(), z.object({ secret: z.string().nullish(), description: z.string().nullish() })).default({}),
});
type Kept = z.infer<typeof Kept>;

/** Before each value in the file, because a value may look like a token itself. */
const mark = "text:";

/** A value that is a token by `cipher` is kept as what it hides. */
export function openSecrets(files: KeptFiles, cipher: Cipher | undefined): SecretStore {
  const change = (work: (before: Kept["custom_secrets"]) => Kept["custom_secrets"]): Promise<void> =>
    files.exclusively(async () => {
      const { custom_secrets: before } = (await files.readForChange(file, Kept)) ?? Kept.parse({});
      const after = work(before);
      if (after !== before) await files.write(file, { custom_secrets: after });
    });
  const read = async (): Promise<Kept["custom_secrets"]> => ((await files.read(file, Kept)) ?? Kept.parse({})).custom_secrets;
  return {
    list: async () => Object.entries(await read()).map(([name, { description }]) => ({ name, description: description ?? null })),
    value: async (name) => {
      const secrets = await read();
      return Object.hasOwn(secrets, name) ? secrets[name]?.secret?.slice(mark.length) : undefined;
    },
    put: (secret) => change((before) => withSecret(before, { ...secret, value: mark + (cipher?.decrypt(secret.value) ?? secret.value) })),
    delete: async (name) => {
      let isGone = false;
      await change((before) => {
        isGone = Object.hasOwn(before, name);
        if (!isGone) return before;
        const { [name]: _, ...rest } = before;
        return rest;
      });
      return isGone;
    },
  };
}

function withSecret(
  before: Kept["custom_secrets"],
  { name, value, description }: SecretInfo & { readonly value: string },
): Kept["custom_secrets"] {
  const after = { ...before, [name]: { secret: value, description } };
  if (Object.keys(after).length > mostSecrets)
    throw new Refusal(409, `The server keeps at most ${mostSecrets} secrets. Delete one before you add another.`);
  return after;
}
