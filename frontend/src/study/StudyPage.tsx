import { Button, Group, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { messageOf } from "../api/client";
import { Message } from "../shell/Message";
import { Matrix } from "./Matrix";
import { studyQuery } from "./queries";
import classes from "./Study.module.css";

/** A study: its matrix as it fills, and the way to its comparison. */
export function StudyPage() {
  const { id } = useParams({ from: "/studies/$id" });
  const { data: study, error } = useQuery(studyQuery(id));
  useEffect(() => {
    document.title = `${study?.name ?? "Study"} · ANPyC Dashboard`;
  }, [study?.name]);
  if (error && !study)
    return (
      <Message title="The study could not be read" tone="danger">
        {messageOf(error)}
      </Message>
    );
  if (!study) return <Skeleton height={420} radius={6} role="status" aria-label="Study is loading" />;
  return (
    <div className={classes.narrow}>
      <Group justify="space-between" mb="xs">
        <h1 dir="auto">{study.name}</h1>
        <Group gap="xs">
          <Button
            variant="default"
            renderRoot={(props) => <Link to="/" search={{ group: study.group }} {...props} />}
          >
            In the list
          </Button>
          <Button renderRoot={(props) => <Link to="/compare" search={{ run: study.settings }} {...props} />}>
            Compare
          </Button>
        </Group>
      </Group>
      <p data-testid="study-state">{study.sentence}</p>
      <Matrix rows={study.rows} timed={false} />
    </div>
  );
}
