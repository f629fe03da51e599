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

interface Place {
  readonly stick: Signal<boolean>;
  readonly anchor: Signal<string>;
}

/** Follows the end of a scrolled frame only while the end is in view. `version` changes with what the frame shows. */
export function useStick({ stick, anchor }: Place, version: string): Stick {
  const frame = useRef<HTMLDivElement>(null);
  const isRestored = useRef(false);
  const [seen, setSeen] = useState(version);
  const follow = (): void => {
    if (frame.current === null) return;
    if (stick.peek()) frame.current.scrollTop = frame.current.scrollHeight;
    else if (!isRestored.current) isRestored.current = restore(frame.current, anchor.peek());
  };
  useLayoutEffect(follow);
  useResize(frame, follow);
  useEffect(() => {
    if (stick.peek()) setSeen(version);
  }, [version, stick.value]);
  return {
    frame,
    hasNews: !stick.value && seen !== version,
    onScroll: () => {
      if (frame.current === null || frame.current.querySelector("[data-event]") === null) return;
      isRestored.current = true;
      stick.value = isAtEnd(frame.current);
      anchor.value = stick.value ? "" : topEvent(frame.current);
    },
    toEnd: () => {
      stick.value = true;
      follow();
    },
  };
}

function useResize(frame: RefObject<HTMLDivElement | null>, onResize: () => void): void {
  useEffect(() => {
    const content = frame.current?.firstElementChild;
    if (frame.current === null || content == null) return undefined;
    const observer = new ResizeObserver(onResize);
    observer.observe(content);
    observer.observe(frame.current);
    return () => {
      observer.disconnect();
    };
  }, []);
}

function isAtEnd(frame: HTMLElement): boolean {
  return frame.scrollTop + frame.clientHeight >= frame.scrollHeight - nearPixels;
}

function topEvent(frame: HTMLElement): string {
  const { top } = frame.getBoundingClientRect();
  const rows = frame.querySelectorAll<HTMLElement>("[data-event]");
  const first = [...rows].find((row) => row.getBoundingClientRect().bottom > top + nearPixels);
  return first?.dataset["event"] ?? "";
}

/** Puts the event that was at the top there again; false while it is not there. */
function restore(frame: HTMLElement, eventId: string): boolean {
  const row = [...frame.querySelectorAll<HTMLElement>("[data-event]")].find((candidate) => candidate.dataset["event"] === eventId);
  row?.scrollIntoView({ block: "start" });
  return row !== undefined;
}
