import { ActionIcon, Menu, Skeleton, useComputedColorScheme } from "@mantine/core";
import {
  IconArrowsMaximize,
  IconDots,
  IconFileExport,
  IconFileTypeCsv,
  IconPencil,
  IconPhotoDown,
  IconZoomReset,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { memo, type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";
import { useMayChange } from "../access/useAccess";
import { messageOf } from "../api/client";
import { type FigureParams, figureQuery } from "../api/queries";
import { useNote } from "../notes/keeper";
import { Note } from "../notes/Note";
import { addressOf, FIRST, type Subject } from "../paper/sheet";
import { Late, late } from "../shell/Late";
import classes from "./Figure.module.css";
import { marked, pointsIn, standingOut, without } from "./figure";
import { loadPlotly, Plot, type PlotHandle, type ZoomRange } from "./Plot";
import { saveAddress } from "./save";
import { useNearView } from "./useNearView";

interface FigureProps {
  name: string;
  title: string;
  runs: string[];
  params?: FigureParams;
  /** Pickers that stand at the figure's right. */
  controls?: ReactNode;
  /** Of the drawing, as CSS; fixed, so that nothing jumps. */
  height?: string;
  /** Fetched at once, in view or not. */
  eager?: boolean;
  /** False while what the figure needs is not chosen yet. */
  ready?: boolean;
  waiting?: string;
  onZoom?: (range: ZoomRange | null) => void;
  onPick?: (x: number, y: number) => void;
  /** Row and column of a heatmap around which there is a frame. */
  mark?: [number, number] | null;
  /** Names of traces that the reader has hidden. */
  hidden?: ReadonlySet<string>;
  /** Name of the trace that is to stand out. */
  pointed?: string | null;
}

const PaperDialog = late(() => import("../paper/PaperDialog").then((module) => module.PaperDialog));
const NO_PARAMS: FigureParams = {};
const NO_RUNS: string[] = [];

/** A figure of the server: its sentence, its drawing, its numbers to take away. */
export const Figure = memo(function Figure({
  name,
  title,
  runs,
  params = NO_PARAMS,
  controls,
  height,
  eager = false,
  ready = true,
  waiting,
  onZoom,
  onPick,
  mark = null,
  hidden,
  pointed = null,
}: FigureProps) {
  const scheme = useComputedColorScheme("light");
  const mayChange = useMayChange();
  const { ref: inView, near: seen } = useNearView();
  const near = eager || seen;
  const query = useQuery({
    ...figureQuery(name, runs, params, scheme),
    enabled: near && ready && runs.length > 0,
  });
  useEffect(() => {
    // Fetched beside the figure, not after it; the drawing itself tells when it fails.
    if (near) loadPlotly().catch(() => {});
  }, [near]);
  const heading = useId();
  const plot = useRef<PlotHandle>(null);
  const [noting, setNoting] = useState(false);
  const note = useNote(near ? runs : NO_RUNS, name, `on “${title}”`);
  const [exporting, setExporting] = useState(false);
  const [drawn, setDrawn] = useState({ revision: 0, points: 0, milliseconds: 0 });
  const sent = query.data;
  const figure = useMemo(() => {
    const shown = sent && hidden?.size ? without(sent, hidden) : sent;
    const pointedOut = shown && pointed ? standingOut(shown, pointed) : shown;
    return pointedOut && mark ? marked(pointedOut, mark) : pointedOut;
  }, [sent, hidden, pointed, mark]);
  const meta = figure?.layout.meta;
  // What was drawn stays while the server does not answer; the connection pill says how current it is.
  const failure = figure ? null : query.error;
  const sentence = failure ? "" : (meta?.sentence ?? (ready ? "" : (waiting ?? "")));
  const filename = `${name}-${runs.join("-").slice(0, 60)}`;

  const subject: Subject = { name, runs, params, hidden: Array.from(hidden ?? []) };

  return (
    <section
      ref={inView}
      className={`panel ${classes.figure}`}
      aria-labelledby={heading}
      data-testid={`figure-${name}`}
      data-revision={drawn.revision}
      data-points={drawn.points}
      data-draw-ms={Math.round(drawn.milliseconds)}
      data-empty={meta?.empty ?? undefined}
    >
      <header className={classes.header}>
        <h2 id={heading}>{title}</h2>
        <div className={classes.controls}>{controls}</div>
        <Takeaway
          title={title}
          ready={figure !== undefined && !meta?.empty}
          onExport={() => setExporting(true)}
          onPng={() => void plot.current?.downloadPng(filename)}
          onCsv={() => saveAddress(addressOf(subject, FIRST, "csv"), `${filename}.csv`)}
          onReset={() => {
            void plot.current?.resetZoom();
            onZoom?.(null);
          }}
          onNote={mayChange ? () => setNoting(true) : undefined}
          onFull={() => void inView.current?.requestFullscreen?.()}
        />
        <p className={classes.sentence} title={sentence}>
          {meta?.empty ? "" : sentence}
          {meta?.thinned && !sentence.includes("Thinned") && (
            <span className={classes.thinned}> Thinned; extremes are kept.</span>
          )}
        </p>
      </header>
      <div className={classes.body} style={{ height }}>
        {failure ? (
          <p className={classes.nothing} role="alert">
            This figure could not be made. {messageOf(failure)}
          </p>
        ) : !ready ? (
          <p className={classes.nothing}>{waiting}</p>
        ) : !figure ? (
          <Skeleton height="100%" radius={4} role="status" aria-label={`${title} is loading`} />
        ) : meta?.empty ? (
          <p className={classes.nothing}>{meta.sentence}</p>
        ) : (
          <>
            {drawn.revision === 0 && <Skeleton className={classes.cover} radius={4} aria-hidden />}
            <Plot
              figure={figure}
              label={`${title}. ${meta?.sentence ?? ""} ${pointsIn(figure)} points.`}
              handle={plot}
              onZoom={onZoom}
              onPick={onPick}
              onDrawn={(revision, points, milliseconds) => setDrawn({ revision, points, milliseconds })}
            />
          </>
        )}
      </div>
      {near && runs.length > 0 && <Note keeper={note} writing={noting} onWriting={setNoting} />}
      {exporting && (
        <Late>
          <PaperDialog title={title} subject={subject} onClose={() => setExporting(false)} />
        </Late>
      )}
    </section>
  );
});

interface TakeawayProps {
  title: string;
  /** Whether there is something to take away. */
  ready: boolean;
  onExport: () => void;
  onPng: () => void;
  onCsv: () => void;
  onReset: () => void;
  /** Absent: who looks may only read. */
  onNote: (() => void) | undefined;
  onFull: () => void;
}

function Takeaway({ title, ready, onExport, onPng, onCsv, onReset, onNote, onFull }: TakeawayProps) {
  return (
    <div className={classes.takeaway}>
      <ActionIcon
        aria-label={`${title}: export`}
        title="Export for a paper"
        disabled={!ready}
        size={24}
        onClick={onExport}
      >
        <IconFileExport size={15} />
      </ActionIcon>
      <Menu>
        <Menu.Target>
          <ActionIcon aria-label={`${title}: more`} disabled={!ready} size={24}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPhotoDown size={15} />} onClick={onPng}>
            Save as PNG
          </Menu.Item>
          <Menu.Item leftSection={<IconFileTypeCsv size={15} />} onClick={onCsv}>
            Save numbers as CSV
          </Menu.Item>
          {onNote && (
            <Menu.Item leftSection={<IconPencil size={15} />} onClick={onNote}>
              Write a note
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconZoomReset size={15} />} onClick={onReset}>
            Show the whole
          </Menu.Item>
          <Menu.Item leftSection={<IconArrowsMaximize size={15} />} onClick={onFull}>
            Fill the screen
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
