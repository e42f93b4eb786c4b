import classes from "./Swatch.module.css";

const DASHES: Record<string, string> = {
  solid: "",
  dash: "7 4",
  dot: "2 3",
  dashdot: "7 3 2 3",
  longdash: "12 4",
  longdashdot: "12 3 2 3",
  "12px,3px,2px,3px,2px,3px": "10 2 2 2 2 2",
};

/** Markers around (14, 5), as plotly draws them. */
const MARKERS: Record<string, string> = {
  circle: "M14 1.2a3.8 3.8 0 1 1 0 7.6a3.8 3.8 0 1 1 0-7.6z",
  square: "M10.6 1.6h6.8v6.8h-6.8z",
  diamond: "M14 0l4.6 5l-4.6 5l-4.6-5z",
  "triangle-up": "M14 .6l4.6 8h-9.2z",
  x: "M11.9 1l2.1 2.1l2.1-2.1l1.9 1.9l-2.1 2.1l2.1 2.1l-1.9 1.9l-2.1-2.1l-2.1 2.1l-1.9-1.9l2.1-2.1l-2.1-2.1z",
  cross: "M12.6 .6h2.8v3h3v2.8h-3v3h-2.8v-3h-3v-2.8h3z",
  star: "M14 0l1.4 3.4l3.6.3l-2.8 2.3l.9 3.6l-3.1-2l-3.1 2l.9-3.6l-2.8-2.3l3.6-.3z",
  hexagon: "M14 .8l3.9 2.1v4.2l-3.9 2.1l-3.9-2.1v-4.2z",
};

interface SwatchProps {
  color: string;
  dash: string;
  symbol?: string;
}

/** The line of a run as it is drawn in every figure. */
export function Swatch({ color, dash, symbol }: SwatchProps) {
  return (
    <svg width="28" height="10" aria-hidden="true" className={classes.swatch}>
      <line
        x1="1"
        y1="5"
        x2="27"
        y2="5"
        stroke={color}
        strokeWidth={symbol ? 2 : 3}
        strokeDasharray={DASHES[dash] ?? ""}
      />
      {symbol && <path d={MARKERS[symbol] ?? MARKERS.circle} fill={color} />}
    </svg>
  );
}
