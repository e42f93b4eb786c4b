import { type RefObject, useEffect, useState } from "react";
import classes from "./Brush.module.css";
import { type Brush, withStretch } from "./brush";
import type { FigureAxis } from "./figure";
import { type Frame, frameOf } from "./raster";

interface BrushLayerProps {
  plot: RefObject<HTMLElement | null>;
  axes: readonly FigureAxis[];
  brush: Brush;
  onBrush: (brush: Brush) => void;
  /** Changes with every drawing, as the axes may stand elsewhere then. */
  drawn: number;
}

/** So near to an axis one drags along it. */
const REACH = 18;

/** What is brushed, over the axes; dragging along one brushes it, a click takes that away. */
export function BrushLayer({ plot, axes, brush, onBrush, drawn }: BrushLayerProps) {
  const [frame, setFrame] = useState<Frame | null>(null);
  useEffect(() => {
    const target = plot.current;
    if (!target || drawn < 0) return;
    const look = () => setFrame(frameOf(target));
    look();
    const observer = new ResizeObserver(() => requestAnimationFrame(look));
    observer.observe(target);
    return () => observer.disconnect();
  }, [plot, drawn]);
  useEffect(() => {
    const target = plot.current;
    if (!target || !frame) return;
    let dragged: { axis: number; from: number } | null = null;
    const at = (event: PointerEvent) => {
      const box = target.getBoundingClientRect();
      return { x: event.clientX - box.left, height: heightAt(frame, event.clientY - box.top) };
    };
    const down = (event: PointerEvent) => {
      const { x, height } = at(event);
      const axis = axes.findIndex((_, place) => Math.abs(placeOf(frame, place) - x) <= REACH);
      if (axis < 0 || event.button !== 0) return;
      dragged = { axis, from: height };
      target.setPointerCapture(event.pointerId);
      event.preventDefault();
    };
    const move = (event: PointerEvent) => {
      if (dragged) onBrush(withStretch(brush, dragged.axis, dragged.from, at(event).height));
    };
    const up = (event: PointerEvent) => {
      move(event);
      dragged = null;
    };
    target.addEventListener("pointerdown", down, true);
    target.addEventListener("pointermove", move);
    target.addEventListener("pointerup", up);
    return () => {
      target.removeEventListener("pointerdown", down, true);
      target.removeEventListener("pointermove", move);
      target.removeEventListener("pointerup", up);
    };
  }, [plot, frame, axes, brush, onBrush]);
  if (!frame) return null;
  return (
    <svg className={classes.layer} aria-hidden data-testid="brush">
      {Object.entries(brush).map(([axis, [low, high]]) => (
        <rect
          key={axis}
          x={placeOf(frame, Number(axis)) - 7}
          width={14}
          y={topOf(frame, high)}
          height={Math.max(2, topOf(frame, low) - topOf(frame, high))}
          className={classes.stretch}
        />
      ))}
    </svg>
  );
}

function placeOf({ left, width, x: [from, to] }: Frame, axis: number): number {
  return left + ((axis - from) / (to - from)) * width;
}

function topOf({ top, height, y }: Frame, at: number): number {
  const [low, high] = [Math.min(...y), Math.max(...y)];
  return top + ((high - at) / (high - low)) * height;
}

function heightAt({ top, height, y }: Frame, at: number): number {
  const [low, high] = [Math.min(...y), Math.max(...y)];
  return high - ((at - top) / height) * (high - low);
}
