import { LlmError } from "./llmError.ts";

const prefix = "vscode/";

/** Whether it is one of the models that VS Code offers to its extensions: `vscode/<vendor>/<id>`. */
export function isVscodeModel({ model, base_url }: { readonly model: string; readonly base_url?: string | undefined }): boolean {
  return base_url === undefined && model.startsWith(prefix);
}

export const vscodeModelName = (vendor: string, id: string): string => `${prefix}${vendor}/${id}`;

/** Vendor and id; an id may have slashes. */
export function partsOfVscodeModel(model: string): { readonly vendor: string; readonly id: string } {
  const [vendor = "", ...id] = model.slice(prefix.length).split("/");
  return { vendor, id: id.join("/") };
}

/** Why a door that is not VS Code cannot ask such a model. */
export function onlyInVscode(model: string): LlmError {
  const sentence = `"${model}" exists only inside VS Code, which offers it to its extensions. Choose another model here.`;
  return new LlmError("LLMBadRequestError", sentence);
}
