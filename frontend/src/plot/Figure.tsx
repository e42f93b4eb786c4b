import { ActionIcon, Menu, Skeleton, useComputedColorScheme } from "@mantine/core";
import {
  IconArrowsMaximize,
  IconDots,
  IconFileTypeCsv,
  IconPencil,
  IconPhotoDown,
  IconZoomReset,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import {
  memo,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from "react";
import { useMayChange } from "../access/useAccess";
import { messageOf } from "../api/client";
import { type FigureParams, figureQuery } from "../api/queries";
import { useNote } from "../notes/keeper";
import { Note } from "../notes/Note";
import { ExportButton } from "../paper/ExportButton";
import { addressOf, FIRST, type Subject } from "../paper/sheet";
import { BrushBar } from "./BrushBar";
import { type Brush, chosenBy } from "./brush";
import { EmphasisContext, emphasised, namesHidden } from "./emphasis";
import classes from "./Figure.module.css";
import { marked, pointsIn, standingOut, without } from "./figure";
import { Legend } from "./Legend";
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
  /** Its title is what the server calls it, once that is known. */
  titled?: boolean;
  /** Entries of its menu besides. */
  more?: ReactNode;
}

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
  titled = false,
  more,
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
  const headingId = useId();
  const emphasis = useContext(EmphasisContext);
  const [pointedKeys, setPointedKeys] = useState<ReadonlySet<string> | null>(null);
  const [brush, setBrush] = useState<Brush>({});
  const plot = useRef<PlotHandle>(null);
  const [noting, setNoting] = useState(false);
  const note = useNote(near ? runs : NO_RUNS, name, `on “${title}”`);
  const [drawn, setDrawn] = useState({ revision: 0, points: 0, milliseconds: 0 });
  const sent = query.data;
  const figure = useMemo(() => {
    const shown = sent && hidden?.size ? without(sent, hidden) : sent;
    if (shown?.layout.meta?.legend) return emphasised(shown, emphasis.hidden, pointedKeys ?? emphasis.lit);
    const pointedOut = shown && pointed ? standingOut(shown, pointed) : shown;
    return pointedOut && mark ? marked(pointedOut, mark) : pointedOut;
  }, [sent, hidden, pointed, mark, emphasis.hidden, emphasis.lit, pointedKeys]);
  const meta = figure?.layout.meta;
  const heading = (titled && meta?.title) || title;
  const axes = meta?.axes;
  const brushTo = useCallback(
    (next: Brush) => {
      setBrush(next);
      emphasis.onBrush(axes ? chosenBy(next, axes) : null);
    },
    [axes, emphasis.onBrush],
  );
  // What was drawn stays while the server does not answer; the connection pill says how current it is.
  const failure = figure ? null : query.error;
  const sentence = failure ? "" : (meta?.sentence ?? (ready ? "" : (waiting ?? "")));
  const filename = `${name}-${runs.join("-").slice(0, 60)}`;

  const left = sent ? namesHidden(sent, emphasis.hidden) : [];
  const subject: Subject = { name, runs, params, hidden: [...(hidden ?? []), ...left] };

  return (
    <section
      ref={inView}
      className={`panel ${classes.figure}`}
      aria-labelledby={headingId}
      data-testid={`figure-${name}`}
      data-revision={drawn.revision}
      data-points={drawn.points}
      data-draw-ms={Math.round(drawn.milliseconds)}
      data-empty={meta?.empty ?? undefined}
    >
      <header className={classes.header}>
        <h2 id={headingId} title={heading}>
          {heading}
        </h2>
        <div className={classes.controls}>{controls}</div>
        <Takeaway
          title={heading}
          more={more}
          ready={figure !== undefined && !meta?.empty}
          subject={subject}
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
      {meta?.legend && !meta.empty && (
        <Legend entries={meta.legend} emphasis={emphasis} onPoint={setPointedKeys} />
      )}
      <div className={classes.body} style={{ height: rowsHigh(meta?.rows) ?? height }}>
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
              label={`${heading}. ${meta?.sentence ?? ""} ${pointsIn(figure)} points.`}
              handle={plot}
              onZoom={onZoom}
              brush={axes && brush}
              onBrush={axes && brushTo}
              onPick={onPick}
              onDrawn={(revision, points, milliseconds) => setDrawn({ revision, points, milliseconds })}
            />
          </>
        )}
      </div>
      {axes && !meta?.empty && (
        <BrushBar
          axes={axes}
          brush={brush}
          chosen={chosenBy(brush, axes)}
          onBrush={brushTo}
          onKeep={emphasis.onKeep}
        />
      )}
      {near && runs.length > 0 && <Note keeper={note} writing={noting} onWriting={setNoting} />}
    </section>
  );
});

const ROW_HEIGHT = 270;

/** Panels below each other need room. */
function rowsHigh(rows: number | undefined): string | undefined {
  return rows !== undefined && rows > 1 ? `${rows * ROW_HEIGHT}px` : undefined;
}

interface TakeawayProps {
  title: string;
  more: ReactNode;
  /** Whether there is something to take away. */
  ready: boolean;
  subject: Subject;
  onPng: () => void;
  onCsv: () => void;
  onReset: () => void;
  /** Absent: who looks may only read. */
  onNote: (() => void) | undefined;
  onFull: () => void;
}

function Takeaway({ title, more, ready, subject, onPng, onCsv, onReset, onNote, onFull }: TakeawayProps) {
  return (
    <div className={classes.takeaway}>
      <ExportButton title={title} subject={subject} disabled={!ready} />
      <Menu>
        <Menu.Target>
          <ActionIcon aria-label={`${title}: more`} disabled={!ready && !more} size={24}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPhotoDown size={15} />} onClick={onPng} disabled={!ready}>
            Save as PNG
          </Menu.Item>
          <Menu.Item leftSection={<IconFileTypeCsv size={15} />} onClick={onCsv} disabled={!ready}>
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
          {more}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
