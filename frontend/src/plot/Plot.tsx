import { Button, useComputedColorScheme } from "@mantine/core";
import type { default as plotlyModule } from "plotly.js-cartesian-dist-min";
import { type Ref, type RefObject, useEffect, useImperativeHandle, useRef, useState } from "react";
import { persistently } from "../shell/persistently";
import { FONT } from "../theme";
import { type FigureData, pointsIn } from "./figure";
import classes from "./Plot.module.css";
import { Reading } from "./Reading";
import { frameOf, paintOn, pictureOf, placeAt, withNumbers, withoutCells } from "./raster";

type Plotly = typeof plotlyModule;

let loading: Promise<Plotly> | null = null;

/** plotly is fetched when the first chart is shown, once. */
export function loadPlotly(): Promise<Plotly> {
  loading ??= persistently(() => import("plotly.js-cartesian-dist-min")).then((module) => module.default);
  return loading;
}

let drawing: Promise<unknown> = Promise.resolve();

/** Figures are drawn one after the other, each in a task of its own, so that none holds up the page for long. */
function inTurn(draw: () => Promise<unknown>): void {
  drawing = drawing
    .then(() => new Promise((resolve) => setTimeout(resolve)))
    .then(draw)
    .catch((failure) => console.error(failure));
}

const CONFIG = {
  displayModeBar: false,
  displaylogo: false,
  showTips: false,
  responsive: false,
  doubleClick: "reset+autosize",
};

/** Narrower than this, names of tasks over their stretches are shortened to their numbers. */
const NARROW = 520;

function namesFor(width: number, annotations: unknown): unknown {
  if (width >= NARROW || !Array.isArray(annotations)) return annotations;
  return annotations.map((note: { text?: string; yref?: string }) =>
    note.yref === "paper" ? { ...note, text: note.text?.replace(/^task /, "") } : note,
  );
}

/** The server's layout on the page's ground: transparent, in the page's font, with zoom kept across updates. */
function onPage(layout: FigureData["layout"], scheme: "light" | "dark", width: number): object {
  const own = structuredClone(layout) as Record<string, unknown> & {
    font?: object;
    hoverlabel?: { font?: object };
  };
  const { title: _, width: __, height: ___, ...rest } = own;
  return {
    ...rest,
    annotations: namesFor(width, own.annotations),
    autosize: true,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    uirevision: "constant",
    hoverlabel: { ...own.hoverlabel, font: { ...own.hoverlabel?.font, family: FONT, size: 12 } },
    font: { ...own.font, family: FONT, color: scheme === "dark" ? "#b6bcc3" : "#474f59", size: 11.5 },
  };
}

export interface ZoomRange {
  x?: [number, number];
  y?: [number, number];
}

export interface PlotHandle {
  downloadPng: (filename: string) => Promise<void>;
  resetZoom: () => Promise<void>;
}

interface PlotProps {
  figure: FigureData;
  label: string;
  handle?: Ref<PlotHandle>;
  /** Told after each drawing: how many there have been, how many points stand in it, how long it took. */
  onDrawn?: (revision: number, points: number, milliseconds: number) => void;
  /** Told where the reader zoomed to; null is the whole. */
  onZoom?: (range: ZoomRange | null) => void;
  /** Told where the reader has clicked, as the axes count. */
  onPick?: (x: number, y: number) => void;
}

/** The one component around plotly: loads it late, follows size and scheme, keeps zoom while data arrive. */
export function Plot({ figure, label, handle, onDrawn, onZoom, onPick }: PlotProps) {
  const element = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [plotly, setPlotly] = useState<Plotly | null>(null);
  const [failed, setFailed] = useState(false);
  const revision = useRef(0);
  const scheme = useComputedColorScheme("light");
  const callbacks = useRef({ onDrawn, onZoom });
  callbacks.current = { onDrawn, onZoom };

  useEffect(() => {
    let wanted = true;
    loadPlotly().then(
      (loaded) => wanted && setPlotly(() => loaded),
      () => {
        loading = null;
        if (wanted) setFailed(true);
      },
    );
    return () => {
      wanted = false;
    };
  }, []);

  useEffect(() => {
    const target = element.current;
    if (!plotly || !target) return;
    let wanted = true;
    inTurn(async () => {
      // Something newer may be waiting by now, or nobody.
      if (!wanted) return;
      const began = performance.now();
      const { cells } = figure;
      const traces = figure.data.flatMap((trace) => (cells ? withoutCells(trace, cells) : [{ ...trace }]));
      const drawn = await plotly.react(
        target,
        traces,
        onPage(figure.layout, scheme, target.clientWidth),
        CONFIG,
      );
      if (!wanted) return;
      const lay = canvas.current && layerOf(figure, target, canvas.current);
      drawn.removeAllListeners("plotly_afterplot");
      if (lay) {
        lay();
        // Another size or another window: the axes stand elsewhere.
        drawn.on("plotly_afterplot", lay);
      }
      revision.current += 1;
      callbacks.current.onDrawn?.(revision.current, pointsIn(figure), performance.now() - began);
      drawn.removeAllListeners("plotly_relayout");
      drawn.on("plotly_relayout", (change) => {
        // A change of size alone is no zoom.
        if (Object.keys(change).some((key) => /^[xy]axis\b/.test(key)))
          callbacks.current.onZoom?.(zoomOf(change));
      });
    });
    return () => {
      wanted = false;
    };
  }, [plotly, figure, scheme]);

  useEffect(() => {
    const target = element.current;
    if (!plotly || !target) return;
    const observer = new ResizeObserver(() => {
      // A hidden tab has no size; plotly refuses to measure it.
      if (target.clientWidth > 0 && target.querySelector(".plot-container")) void plotly.Plots.resize(target);
    });
    observer.observe(target);
    return () => {
      observer.disconnect();
      plotly.purge(target);
    };
  }, [plotly]);

  usePicks(element, onPick);

  useImperativeHandle(
    handle,
    () => ({
      downloadPng: async (filename) => {
        if (!plotly || !element.current) return;
        const { clientWidth: width, clientHeight: height } = element.current;
        const saved = figure.cells
          ? { data: withNumbers(figure).data, layout: onPage(figure.layout, scheme, width), config: CONFIG }
          : element.current;
        await plotly.downloadImage(saved, { format: "png", scale: 2, width, height, filename });
      },
      resetZoom: async () => {
        if (!plotly || !element.current) return;
        await plotly.relayout(element.current, { "xaxis.autorange": true, "yaxis.autorange": true });
      },
    }),
    [plotly, figure, scheme],
  );

  if (failed)
    return (
      <p className="quiet">
        The drawing library could not be loaded; the dashboard has probably been updated.{" "}
        <Button variant="default" onClick={() => window.location.reload()}>
          Reload
        </Button>
      </p>
    );
  return (
    <div className={classes.plot}>
      <canvas ref={canvas} className={classes.cells} hidden={!figure.cells} aria-hidden />
      <div ref={element} role="img" aria-label={label} className={classes.axes} />
      {figure.cells && <Reading figure={figure} plot={element} />}
    </div>
  );
}

/** A click that moves further than this is the beginning of a drag. */
const STILL = 4;

/** Clicks on the plot's area. plotly tells of them only where it has drawn something itself. */
function usePicks(element: RefObject<HTMLElement | null>, onPick: PlotProps["onPick"]): void {
  const current = useRef(onPick);
  current.current = onPick;
  const listens = onPick !== undefined;
  useEffect(() => {
    const target = element.current;
    if (!target || !listens) return;
    let began: [number, number] | null = null;
    const press = (event: PointerEvent) => {
      began = event.button === 0 ? [event.clientX, event.clientY] : null;
    };
    const release = (event: PointerEvent) => {
      const from = began;
      began = null;
      if (!from || Math.hypot(event.clientX - from[0], event.clientY - from[1]) > STILL) return;
      const frame = frameOf(target);
      const box = target.getBoundingClientRect();
      const at =
        frame && placeAt(frame, event.clientX - box.left - frame.left, event.clientY - box.top - frame.top);
      if (at) current.current?.(...at);
    };
    target.addEventListener("pointerdown", press, true);
    window.addEventListener("pointerup", release, true);
    return () => {
      target.removeEventListener("pointerdown", press, true);
      window.removeEventListener("pointerup", release, true);
    };
  }, [element, listens]);
}

/** Paints the cells behind plotly's axes; nothing of a figure that plotly draws by itself. */
function layerOf(figure: FigureData, plot: Element, canvas: HTMLCanvasElement): (() => void) | null {
  const { cells } = figure;
  const [trace] = figure.data;
  if (!cells || !trace) return null;
  const picture = pictureOf(cells, trace);
  return () => {
    const frame = frameOf(plot);
    if (frame) paintOn(canvas, picture, cells, trace, frame);
  };
}

function pair(change: Record<string, unknown>, axis: "x" | "y"): [number, number] | undefined {
  const whole = change[`${axis}axis.range`];
  const ends = Array.isArray(whole)
    ? whole
    : [change[`${axis}axis.range[0]`], change[`${axis}axis.range[1]`]];
  const [from, to] = ends.map(Number);
  if (from === undefined || to === undefined || !Number.isFinite(from) || !Number.isFinite(to))
    return undefined;
  return [Math.min(from, to), Math.max(from, to)];
}

function zoomOf(change: Record<string, unknown>): ZoomRange | null {
  const range = { x: pair(change, "x"), y: pair(change, "y") };
  return range.x || range.y ? range : null;
}
