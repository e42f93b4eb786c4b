import { type RefObject, useEffect, useState } from "react";
import type { FigureData } from "./figure";
import classes from "./Plot.module.css";
import { frameOf, saidAt } from "./raster";

interface ReadingProps {
  figure: FigureData;
  plot: RefObject<HTMLElement | null>;
}

interface Said {
  words: string;
  left: number;
  top: number;
}

/** What lies under the pointer, where the cells are ours and plotly knows nothing of them. */
export function Reading({ figure, plot }: ReadingProps) {
  const [said, setSaid] = useState<Said | null>(null);
  useEffect(() => {
    const target = plot.current;
    if (!target) return;
    const read = (event: PointerEvent) => {
      const frame = frameOf(target);
      const box = target.getBoundingClientRect();
      const [left, top] = [event.clientX - box.left, event.clientY - box.top];
      const words = frame && saidAt(figure, frame, left - frame.left, top - frame.top);
      setSaid(words ? { words, left, top } : null);
    };
    const forget = () => setSaid(null);
    target.addEventListener("pointermove", read);
    target.addEventListener("pointerleave", forget);
    return () => {
      target.removeEventListener("pointermove", read);
      target.removeEventListener("pointerleave", forget);
    };
  }, [figure, plot]);
  if (!said) return null;
  return (
    <div className={classes.reading} data-testid="reading" style={{ left: said.left, top: said.top }}>
      {said.words}
    </div>
  );
}
