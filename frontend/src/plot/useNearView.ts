import { type RefObject, useEffect, useRef, useState } from "react";

/** A figure this many pixels below or above the window is already fetched. */
const MARGIN = "600px";

/** Whether an element is in or near the window: a figure far below is neither fetched nor redrawn while data arrive. */
export function useNearView(): { ref: RefObject<HTMLElement | null>; near: boolean } {
  const ref = useRef<HTMLElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const target = ref.current;
    if (!target) return;
    const observer = new IntersectionObserver(
      (entries) => setNear(entries.some((entry) => entry.isIntersecting)),
      { rootMargin: MARGIN },
    );
    observer.observe(target);
    return () => observer.disconnect();
  }, []);
  return { ref, near };
}
