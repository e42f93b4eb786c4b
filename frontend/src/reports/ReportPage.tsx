import { Button, Menu, SegmentedControl, Skeleton, Textarea, TextInput } from "@mantine/core";
import { IconChartLine, IconDownload, IconList, IconTable } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useMayChange } from "../access/useAccess";
import { ApiError, messageOf } from "../api/client";
import { Message } from "../shell/Message";
import { complain, say } from "../shell/toast";
import { type Draft, inserted, keepDraft, keptDraft } from "./draft";
import { Insert } from "./Insert";
import { editReport, fileAddress, makeReport, type Report, reportQuery } from "./queries";
import classes from "./Reports.module.css";
import { Shown } from "./Shown";

/** One report: read, written, published. */
export function ReportPage() {
  const { id } = useParams({ from: "/reports/$id" });
  const query = useQuery(reportQuery(id));
  useEffect(() => {
    document.title = `${query.data?.title ?? "Report"} · ANPyC Dashboard`;
  }, [query.data?.title]);
  if (query.error && !query.data)
    return (
      <Message
        title="This report cannot be shown"
        tone="danger"
        actions={<Link to="/reports">All reports</Link>}
      >
        {messageOf(query.error)}
      </Message>
    );
  if (!query.data)
    return <Skeleton height={560} radius={6} role="status" aria-label="The report is loading" />;
  return <Editor key={id} report={query.data} />;
}

type View = "both" | "text" | "read";
const VIEWS: { value: View; label: string }[] = [
  { value: "both", label: "Both" },
  { value: "text", label: "Text" },
  { value: "read", label: "Read" },
];

function useDraft(report: Report) {
  const [draft, setDraft] = useState<Draft>(
    () => keptDraft(report.id) ?? { title: report.title, text: report.text, version: report.version },
  );
  const changed = draft.title !== report.title || draft.text !== report.text;
  useEffect(() => {
    keepDraft(report.id, changed ? draft : null);
  }, [report.id, draft, changed]);
  // Nothing of one's own: what others have saved is shown.
  useEffect(() => {
    setDraft((mine) =>
      mine.version < report.version && keptDraft(report.id) === null
        ? { title: report.title, text: report.text, version: report.version }
        : mine,
    );
  }, [report]);
  return { draft, setDraft, changed };
}

function Editor({ report }: { report: Report }) {
  const mayChange = useMayChange();
  const client = useQueryClient();
  const { draft, setDraft, changed } = useDraft(report);
  const [view, setView] = useState<View>(mayChange && !report.text ? "both" : "read");
  const [inserting, setInserting] = useState<"figure" | "table" | "runs" | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const stored = (saved: Report) => {
    keepDraft(saved.id, null);
    client.setQueryData(reportQuery(saved.id).queryKey, saved);
    setDraft({ title: saved.title, text: saved.text, version: saved.version });
    void client.invalidateQueries({ queryKey: ["reports"] });
  };
  const saving = useMutation({
    mutationFn: (version: number) => editReport(report.id, { title: draft.title, text: draft.text, version }),
    onSuccess: stored,
    onError: (failure) => {
      if (!(failure instanceof ApiError && failure.status === 409))
        complain("The report was not saved", failure);
      else void client.invalidateQueries({ queryKey: reportQuery(report.id).queryKey });
    },
  });
  const clash = changed && draft.version < report.version;
  const save = () => changed && !clash && saving.mutate(draft.version);
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <Link to="/reports">Reports</Link>
        {mayChange ? (
          <TextInput
            aria-label="Title"
            className={classes.title}
            maxLength={200}
            value={draft.title}
            onChange={(event) => setDraft({ ...draft, title: event.currentTarget.value })}
          />
        ) : (
          <h1 className={classes.title}>{report.title}</h1>
        )}
        {mayChange && <SegmentedControl aria-label="View" data={VIEWS} value={view} onChange={setView} />}
        {mayChange && (
          <Button variant="default" onClick={save} disabled={!changed || clash} loading={saving.isPending}>
            {changed ? "Save" : "Saved"}
          </Button>
        )}
        <Publish id={report.id} changed={changed} />
      </div>
      {clash && (
        <Clash
          draft={draft}
          report={report}
          onMine={() => saving.mutate(report.version)}
          onTheirs={() => stored(report)}
        />
      )}
      <div className={classes.desk} data-view={view}>
        {view !== "read" && (
          <div className={classes.writing}>
            <div className={classes.tools}>
              <Button
                variant="default"
                leftSection={<IconChartLine size={14} />}
                onClick={() => setInserting("figure")}
              >
                Figure
              </Button>
              <Button
                variant="default"
                leftSection={<IconTable size={14} />}
                onClick={() => setInserting("table")}
              >
                Table
              </Button>
              <Button
                variant="default"
                leftSection={<IconList size={14} />}
                onClick={() => setInserting("runs")}
              >
                Runs
              </Button>
            </div>
            <Textarea
              ref={area}
              aria-label="Text, in Markdown"
              classNames={{ input: classes.text }}
              autosize
              minRows={24}
              maxLength={200_000}
              spellCheck
              value={draft.text}
              onChange={(event) => setDraft({ ...draft, text: event.currentTarget.value })}
              onKeyDown={(event) => {
                if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
                  event.preventDefault();
                  save();
                }
              }}
            />
          </div>
        )}
        {view !== "text" && <Shown text={draft.text} />}
      </div>
      {inserting && (
        <Insert
          kind={inserting}
          onClose={() => setInserting(null)}
          onInsert={(block) => {
            const at = area.current?.selectionStart ?? draft.text.length;
            setDraft({ ...draft, text: inserted(draft.text, at, block) });
            setInserting(null);
          }}
        />
      )}
    </div>
  );
}

function Publish({ id, changed }: { id: string; changed: boolean }) {
  if (changed)
    return (
      <Button
        disabled
        title="Save first: what is saved is published."
        leftSection={<IconDownload size={14} />}
      >
        Publish
      </Button>
    );
  return (
    <Button.Group>
      <Button component="a" href={fileAddress(id, false)} download leftSection={<IconDownload size={14} />}>
        Publish
      </Button>
      <Menu>
        <Menu.Target>
          <Button aria-label="Other ways to publish" px={8}>
            ▾
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component="a" href={fileAddress(id, true)} download>
            Anonymous, for review
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Button.Group>
  );
}

interface ClashProps {
  draft: Draft;
  report: Report;
  onMine: () => void;
  onTheirs: () => void;
}

/** Two have edited it: both texts are there until one chooses. */
function Clash({ draft, report, onMine, onTheirs }: ClashProps) {
  const navigate = useNavigate();
  const copying = useMutation({
    mutationFn: () =>
      makeReport({
        title: `${draft.title.slice(0, 190)} (mine)`,
        text: draft.text,
        project: report.project_id,
      }),
    onSuccess: (copy) => {
      onTheirs();
      say("Yours is a report of its own now.");
      void navigate({ to: "/reports/$id", params: { id: copy.id } });
    },
    onError: (failure) => complain("Yours could not be saved", failure),
  });
  return (
    <div role="alert" className={classes.clash}>
      <p>
        Someone else has saved this report meanwhile. Nothing is lost: yours is below, theirs is stored
        {report.title !== draft.title ? ` as “${report.title}”` : ""}.
      </p>
      <Button onClick={() => copying.mutate()} loading={copying.isPending}>
        Save mine as a report of its own
      </Button>
      <Button variant="default" onClick={onTheirs}>
        Take theirs
      </Button>
      <Button variant="default" onClick={onMine}>
        Save mine in its place
      </Button>
      <details>
        <summary>Theirs</summary>
        <pre>{report.text}</pre>
      </details>
    </div>
  );
}
