import { ActionIcon, Button, Select, Skeleton } from "@mantine/core";
import { IconCopy, IconPlus, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { useMayChange } from "../access/useAccess";
import { api, dataOf, messageOf } from "../api/client";
import { Moment } from "../runs/Moment";
import { Message } from "../shell/Message";
import { complain, sayWithUndo } from "../shell/toast";
import {
  deleteReport,
  duplicateReport,
  makeReport,
  type ReportHead,
  reportQuery,
  reportsQuery,
} from "./queries";
import classes from "./Reports.module.css";

/** All reports, or those of a project. */
export function ReportsPage() {
  const { project } = useSearch({ from: "/reports" });
  const navigate = useNavigate({ from: "/reports" });
  const mayChange = useMayChange();
  const query = useQuery(reportsQuery(project));
  const projects = useQuery({
    queryKey: ["projects"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/projects", { signal })),
  });
  const names = new Map((projects.data?.items ?? []).map(({ id, name }) => [id, name]));
  useEffect(() => {
    document.title = "Reports · ANPyC Dashboard";
  }, []);
  const making = useMutation({
    mutationFn: () => makeReport({ title: "New report", text: "", project }),
    onSuccess: (made) => void navigate({ to: "/reports/$id", params: { id: made.id } }),
    onError: (failure) => complain("The report was not made", failure),
  });
  const add = mayChange && (
    <Button leftSection={<IconPlus size={14} />} loading={making.isPending} onClick={() => making.mutate()}>
      New report
    </Button>
  );
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1 className={classes.title}>Reports</h1>
        <Select
          aria-label="Project"
          placeholder="All projects"
          clearable
          data={Array.from(names, ([value, label]) => ({ value, label }))}
          value={project ?? null}
          onChange={(next) => void navigate({ search: { project: next ?? undefined }, replace: true })}
        />
        {add}
      </div>
      {query.error ? (
        <Message title="The reports could not be listed" tone="danger">
          {messageOf(query.error)}
        </Message>
      ) : !query.data ? (
        <Skeleton height={240} radius={6} role="status" aria-label="Reports are loading" />
      ) : query.data.items.length === 0 ? (
        <Message title="No reports yet" actions={add}>
          A report is a page of text with live figures, tables and runs in it, which can be published as one
          file. The comparison makes one with methods, protocol, table and figures: <em>Report</em>.
        </Message>
      ) : (
        <ul className={`panel ${classes.list}`} aria-label="Reports">
          {query.data.items.map((report) => (
            <Row
              key={report.id}
              report={report}
              project={names.get(report.project_id)}
              mayChange={mayChange}
            />
          ))}
        </ul>
      )}
    </div>
  );
}

interface RowProps {
  report: ReportHead;
  project: string | undefined;
  mayChange: boolean;
}

function Row({ report, project, mayChange }: RowProps) {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: ["reports"] });
  const copying = useMutation({
    mutationFn: () => duplicateReport(report.id),
    onSuccess: refresh,
    onError: (failure) => complain("The report was not copied", failure),
  });
  const removing = useMutation({
    mutationFn: async () => {
      const { title, text, project_id } = await client.fetchQuery(reportQuery(report.id));
      await deleteReport(report.id);
      return { title, text, project: project_id };
    },
    onSuccess: (was) => {
      void refresh();
      sayWithUndo(`“${was.title}” was deleted.`, () => makeReport(was).then(refresh));
    },
    onError: (failure) => complain("The report was not deleted", failure),
  });
  return (
    <li>
      <Link to="/reports/$id" params={{ id: report.id }} dir="auto">
        {report.title}
      </Link>
      <span className="quiet" dir="auto">
        {project}
      </span>
      <span className="quiet">
        edited <Moment at={report.updated_at} />
      </span>
      {mayChange && (
        <span className={classes.deeds}>
          <ActionIcon aria-label={`Duplicate ${report.title}`} onClick={() => copying.mutate()}>
            <IconCopy size={15} />
          </ActionIcon>
          <ActionIcon aria-label={`Delete ${report.title}`} onClick={() => removing.mutate()}>
            <IconTrash size={15} />
          </ActionIcon>
        </span>
      )}
    </li>
  );
}
