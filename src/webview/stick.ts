import type { Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const nearPixels = 24;

export interface Stick {
  readonly frame: RefObject<HTMLDivElement | null>;
  /** Something came while the end was out of view. */
  readonly hasNews: boolean;
  readonly onScroll: () => void;
  readonly toEnd: () => void;
}

/** Follows the end of a scrolled frame only while the end is in view. `version` changes with what the frame shows. */
export function useStick(stick: Signal<boolean>, version: string): Stick {
  const frame = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(version);
  const follow = (): void => {
    if (frame.current !== null && stick.peek()) frame.current.scrollTop = frame.current.scrollHeight;
  };
  useLayoutEffect(follow);
  useEffect(() => {
    const content = frame.current?.firstElementChild;
    if (frame.current === null || content == null) return undefined;
    const observer = new ResizeObserver(follow);
    observer.observe(content);
    observer.observe(frame.current);
    return () => {
      observer.disconnect();
    };
  }, []);
  useEffect(() => {
    if (stick.peek()) setSeen(version);
  }, [version, stick.value]);
  return {
    frame,
    hasNews: !stick.value && seen !== version,
    onScroll: () => {
      if (frame.current !== null) stick.value = isAtEnd(frame.current);
    },
    toEnd: () => {
      stick.value = true;
      follow();
    },
  };
}

function isAtEnd(frame: HTMLElement): boolean {
  return frame.scrollTop + frame.clientHeight >= frame.scrollHeight - nearPixels;
}
