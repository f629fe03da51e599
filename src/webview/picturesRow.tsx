import type { JSX } from "preact";
import { useKept } from "./kept.ts";

/** The pictures of a message, small; each opens larger in its place. */
export function Pictures({ name, urls }: { readonly name: string; readonly urls: readonly string[] }): JSX.Element {
  return (
    <div class="pictures">
      {urls.map((url, index) => (
        <Picture key={index} name={`${name}-picture-${index}`} url={url} label={`Picture ${index + 1} of ${urls.length}`} />
      ))}
    </div>
  );
}

function Picture({ name, url, label }: { readonly name: string; readonly url: string; readonly label: string }): JSX.Element {
  const [isLarge = false, enlarge] = useKept(name);
  return (
    <button
      type="button"
      class={isLarge ? "picture large" : "picture"}
      aria-label={label}
      aria-expanded={isLarge}
      title={isLarge ? "Show smaller" : "Show larger"}
      onClick={() => enlarge(!isLarge)}
    >
      <img src={url} alt="" />
    </button>
  );
}
