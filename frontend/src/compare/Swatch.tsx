import classes from "./ComparePage.module.css";

const DASHES: Record<string, string> = {
  solid: "",
  dash: "7 4",
  dot: "2 3",
  dashdot: "7 3 2 3",
  longdash: "12 4",
  longdashdot: "12 3 2 3",
  "12px,3px,2px,3px,2px,3px": "10 2 2 2 2 2",
};

/** The line of a run as it is drawn in every figure. */
export function Swatch({ color, dash }: { color: string; dash: string }) {
  return (
    <svg width="28" height="8" aria-hidden="true" className={classes.swatch}>
      <line
        x1="1"
        y1="4"
        x2="27"
        y2="4"
        stroke={color}
        strokeWidth="3"
        strokeDasharray={DASHES[dash] ?? ""}
      />
    </svg>
  );
}
