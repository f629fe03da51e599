import { createContext } from "preact";
import { useContext, useState } from "preact/hooks";

/** What the person has opened and closed in the log, by name: a row that is drawn again is as it was left. */
export const KeptContext = createContext<Map<string, boolean>>(new Map());

/** What the person has chosen, undefined before; for a row that may be left out and drawn again. `name` is unique in the log. */
export function useKept(name: string): readonly [boolean | undefined, (choice: boolean) => void] {
  const kept = useContext(KeptContext);
  const [choice, choose] = useState(kept.get(name));
  return [
    choice,
    (next) => {
      kept.set(name, next);
      choose(next);
    },
  ];
}
