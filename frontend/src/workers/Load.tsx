import type { WorkerLoad } from "../api/types";
import { bytes, percent } from "../text/numbers";
import { pointsOf } from "./history";
import classes from "./Load.module.css";

/** What a worker's machine does now, with the last minutes as a line where that tells something. */
export function Load({ load }: { load: readonly WorkerLoad[] }) {
  const now = load.at(-1);
  if (!now) return null;
  const memory = load.map((at) => share(at.memory, at.memory_total));
  const gpuMemory = load.map((at) => share(at.gpu_memory, at.gpu_memory_total));
  return (
    <dl className={classes.load} data-testid="load">
      <Line title="CPU" values={load.map((at) => at.cpu)} text={percentOr(now.cpu)} />
      <Line title="Memory" values={memory} text={of(now.memory, now.memory_total)} />
      {now.gpu !== null && <Line title="GPU" values={load.map((at) => at.gpu)} text={percentOr(now.gpu)} />}
      {now.gpu_memory !== null && (
        <Line title="GPU memory" values={gpuMemory} text={of(now.gpu_memory, now.gpu_memory_total)} />
      )}
      <dt>Disk</dt>
      <dd className={classes.text}>
        {now.disk_free === null ? "–" : `${bytes(now.disk_free)} of ${bytes(now.disk_total)} free`}
      </dd>
    </dl>
  );
}

interface LineProps {
  title: string;
  /** Shares, the newest last. */
  values: readonly (number | null)[];
  text: string;
}

function Line({ title, values, text }: LineProps) {
  return (
    <>
      <dt>{title}</dt>
      <dd className={classes.line}>
        <svg viewBox="0 0 60 16" preserveAspectRatio="none" aria-hidden="true">
          <polyline points={pointsOf(values)} />
        </svg>
        <span className={classes.text}>{text}</span>
      </dd>
    </>
  );
}

function share(part: number | null, whole: number | null): number | null {
  return part === null || !whole ? null : part / whole;
}

function percentOr(value: number | null): string {
  return value === null ? "–" : percent(value);
}

function of(part: number | null, whole: number | null): string {
  return part === null ? "–" : `${bytes(part)} of ${bytes(whole)}`;
}
