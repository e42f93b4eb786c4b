import { percent } from "../text/numbers";
import classes from "./RunsTable.module.css";

const WIDTH = 92;
const HEIGHT = 22;
/** So that a line at the very top or bottom is drawn whole. */
const EDGE = 2;

/** The average accuracy after each task, from 0 to 1, as a line without axes; the numbers are told on hover. */
export function Sparkline({ curve }: { curve: readonly number[] }) {
  const [first] = curve;
  const last = curve.at(-1);
  if (first === undefined || last === undefined) return <>–</>;
  const x = (place: number) => EDGE + (place * (WIDTH - 2 * EDGE)) / Math.max(1, curve.length - 1);
  const y = (share: number) => EDGE + (1 - share) * (HEIGHT - 2 * EDGE);
  const words =
    curve.length === 1
      ? `${percent(first)} after the first task`
      : `${percent(first)} after the first task, ${percent(last)} on average after the last`;
  return (
    <svg className={classes.sparkline} width={WIDTH} height={HEIGHT} role="img" aria-label={words}>
      <title>{words}</title>
      <line x1={0} x2={WIDTH} y1={y(0)} y2={y(0)} />
      {curve.length > 1 && (
        <polyline points={curve.map((share, place) => `${x(place)},${y(share)}`).join(" ")} />
      )}
      <circle cx={x(curve.length - 1)} cy={y(last)} r={1.8} />
    </svg>
  );
}
