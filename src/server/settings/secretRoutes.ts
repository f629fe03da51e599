import * as z from "zod";
import { SecretListed, SecretName, SecretPut } from "../../protocol/agentServer/settings.ts";
import type { Log } from "../../protocol/log.ts";
import { Refusal } from "../answers.ts";
import type { Routes } from "../routes.ts";
import type { SecretStore } from "./stores.ts";

const tag = "Settings";
const Named = z.object({ name: SecretName });

/** `/api/settings/secrets` (§2.7): values go in by PUT, and come out one at a time, for conversations that look them up. */
export function addSecrets(routes: Routes, secrets: SecretStore, log: Log): void {
  routes.add(
    ["get", "/api/settings/secrets"],
    { summary: "The names of the server's secrets", tag, answer: z.object({ secrets: z.array(SecretListed) }) },
    async () => ({ secrets: await secrets.list() }),
  );
  routes.add(
    ["put", "/api/settings/secrets"],
    { summary: "Add a secret, or replace it", tag, body: SecretPut, answer: SecretListed, refuses: [409] },
    async ({ body: { name, value, description = null } }) => {
      await secrets.put({ name, value, description });
      log.info("A secret was kept.", { name });
      return { name, description };
    },
  );
  routes.add(
    ["get", "/api/settings/secrets/:name"],
    { summary: "The value of a secret", tag, params: Named, gives: "text/plain", refuses: [404] },
    async ({ c, params: { name } }) => {
      const value = await secrets.value(name);
      if (value === undefined) throw notFound;
      log.info("A secret was read.", { name });
      return c.text(value, 200, { "cache-control": "no-store" });
    },
  );
  routes.add(
    ["delete", "/api/settings/secrets/:name"],
    { summary: "Delete a secret", tag, params: Named, answer: z.object({ deleted: z.boolean() }), refuses: [404] },
    async ({ params: { name } }) => {
      if (!(await secrets.delete(name))) throw notFound;
      log.info("A secret was deleted.", { name });
      return { deleted: true };
    },
  );
}

const notFound = new Refusal(404, "Secret not found");
