import { SegmentedControl, Switch, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { messageOf } from "../api/client";
import { logQuery, MOST_LINES } from "../api/queries";
import { type LogLine, type LogPage, type Run, TERMINAL } from "../api/types";
import type { RunSearch } from "../search";
import { count, plural } from "../text/numbers";
import { day } from "../text/time";
import classes from "./LogTab.module.css";

const EMPTY: LogLine[] = [];
/** Keys that lead away from the end. */
const UPWARDS: ReadonlySet<string> = new Set(["ArrowUp", "PageUp", "Home"]);

/** The run's log: its end while it trains, any part of it when searched. */
export function LogTab({ run }: { run: Run }) {
  const { level } = useSearch({ from: "/runs/$id" });
  const navigate = useNavigate({ from: "/runs/$id" });
  const [text, setText] = useState("");
  const [q] = useDebouncedValue(text, 200);
  const [follow, setFollow] = useState(!TERMINAL.has(run.status));
  const query = useQuery(logQuery(run.id, level, q));
  const lines = query.data?.items ?? EMPTY;

  return (
    <section className={`panel ${classes.log}`} aria-label="Log">
      <div className={classes.bar}>
        <TextInput
          aria-label="Search the log"
          placeholder="Search the log"
          w={240}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <SegmentedControl
          aria-label="Level"
          value={level ?? "all"}
          onChange={(next) =>
            void navigate({
              search: (before) => ({
                ...before,
                level: next === "all" ? undefined : (next as RunSearch["level"]),
              }),
              replace: true,
            })
          }
          data={[
            { value: "all", label: "All" },
            { value: "info", label: "Info" },
            { value: "warning", label: "Warnings" },
            { value: "error", label: "Errors" },
          ]}
        />
        <Switch
          label="Follow"
          checked={follow}
          onChange={(event) => setFollow(event.currentTarget.checked)}
        />
        <span className={`quiet ${classes.count}`}>
          {query.data &&
            (lines.length < MOST_LINES
              ? plural(lines.length, "line")
              : `the newest ${count(MOST_LINES)} lines`)}
        </span>
      </div>
      {query.data && query.data.pruned > 0 && lines.length > 0 && (
        <p className={`quiet ${classes.pruned}`} data-testid="pruned">
          <Pruned log={query.data} />
        </p>
      )}
      {query.error ? (
        <p className={classes.nothing}>The log could not be read. {messageOf(query.error)}</p>
      ) : query.data && lines.length === 0 ? (
        <p className={classes.nothing}>
          {query.data.pruned > 0 ? (
            <Pruned log={query.data} searched={Boolean(q || level)} />
          ) : q || level ? (
            "No line matches."
          ) : TERMINAL.has(run.status) ? (
            "This run logged nothing."
          ) : (
            "Nothing has been logged yet. Lines appear as the worker writes them."
          )}
        </p>
      ) : (
        <Lines lines={lines} follow={follow} onScrollUp={() => setFollow(false)} />
      )}
    </section>
  );
}

/** That lines are missing, and since when. */
function Pruned({ log, searched = false }: { log: LogPage; searched?: boolean }) {
  return (
    <>
      {searched && "No line that is kept matches. "}
      {plural(log.pruned, "line was", "lines were")} taken away by <code>anpyc prune</code>
      {log.pruned_at && (
        <>
          {" "}
          on <time dateTime={log.pruned_at}>{day(log.pruned_at)}</time>
        </>
      )}
      .
    </>
  );
}

interface LinesProps {
  lines: LogLine[];
  follow: boolean;
  onScrollUp: () => void;
}

function Lines({ lines, follow, onScrollUp }: LinesProps) {
  const pane = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => pane.current,
    estimateSize: () => 20,
    overscan: 30,
  });
  useEffect(() => {
    if (follow && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: "end" });
  }, [follow, lines, virtual]);
  return (
    <div
      ref={pane}
      className={classes.pane}
      role="log"
      aria-label="Lines"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling pane must be reachable by keyboard.
      tabIndex={0}
      onWheel={(event) => event.deltaY < 0 && onScrollUp()}
      onKeyDown={(event) => UPWARDS.has(event.key) && onScrollUp()}
    >
      <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map((item) => {
          const line = lines[item.index] as LogLine;
          return (
            <div
              key={line.line}
              ref={virtual.measureElement}
              data-index={item.index}
              data-level={line.level}
              className={classes.line}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <time dateTime={line.at}>{new Date(line.at).toLocaleTimeString("en-GB")}</time>
              <span className={classes.level}>{line.level}</span>
              <span dir="auto">{line.text}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
