import type { JSX } from "preact";
import { useChat } from "./context.ts";
import { Icon } from "./icon.tsx";

/** The pictures that will go with the message, each with a button that takes it out. */
export function Thumbnails(): JSX.Element | null {
  const chat = useChat();
  const pictures = chat.pictures.value;
  if (pictures.length === 0) return null;
  return (
    <ul class="thumbnails" aria-label="Pictures of the message">
      {pictures.map((picture, index) => (
        <li key={index} class="thumbnail">
          <img src={picture.url} alt={picture.name} title={picture.name} />
          <button
            type="button"
            class="thumbnail-remove"
            aria-label={`Remove ${picture.name}`}
            title={`Remove ${picture.name}`}
            onClick={() => {
              chat.pictures.value = pictures.toSpliced(index, 1);
            }}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  );
}
