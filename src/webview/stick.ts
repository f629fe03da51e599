import type { Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Anchor } from "./vscodeApi.ts";

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
  readonly anchor: Signal<Anchor | undefined>;
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
      anchor.value = stick.value ? undefined : topEvent(frame.current);
    },
    toEnd: () => {
      stick.value = true;
      follow();
    },
  };
}

/** `change` adds rows at the top; what is being read stays where it is. */
export function usePlaceKept(frame: RefObject<HTMLDivElement | null>, change: () => void): () => void {
  const fromEnd = useRef<number | undefined>(undefined);
  useLayoutEffect(() => {
    if (frame.current === null || fromEnd.current === undefined) return;
    frame.current.scrollTop = frame.current.scrollHeight - fromEnd.current;
    fromEnd.current = undefined;
  });
  return () => {
    if (frame.current !== null) fromEnd.current = frame.current.scrollHeight - frame.current.scrollTop;
    change();
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

function topEvent(frame: HTMLElement): Anchor | undefined {
  const { top } = frame.getBoundingClientRect();
  const row = rowsOf(frame).find((candidate) => candidate.getBoundingClientRect().bottom > top);
  return row === undefined ? undefined : { eventId: row.dataset["event"] ?? "", offset: top - row.getBoundingClientRect().top };
}

/** Puts what was being read where it was; false while it is not there. */
function restore(frame: HTMLElement, anchor: Anchor | undefined): boolean {
  const row = rowsOf(frame).find((candidate) => candidate.dataset["event"] === anchor?.eventId);
  if (row === undefined || anchor === undefined) return false;
  const scrollTo = (offset: number): void => {
    frame.scrollTop += row.getBoundingClientRect().top - frame.getBoundingClientRect().top + offset;
  };
  scrollTo(0);
  // Because a row has its true height only after it was drawn.
  requestAnimationFrame(() => {
    requestAnimationFrame(() => {
      scrollTo(anchor.offset);
    });
  });
  return true;
}

function rowsOf(frame: HTMLElement): HTMLElement[] {
  return [...frame.querySelectorAll<HTMLElement>("[data-event]")];
}
