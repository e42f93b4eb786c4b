import { ActionIcon } from "@mantine/core";
import { IconFileExport } from "@tabler/icons-react";
import { useState } from "react";
import { Late, late } from "../shell/Late";
import type { Subject } from "./sheet";

const PaperDialog = late(() => import("./PaperDialog").then((module) => module.PaperDialog));

interface ExportButtonProps {
  title: string;
  subject: Subject;
  disabled?: boolean;
}

/** Leads to a figure as a file; what draws it is fetched then. */
export function ExportButton({ title, subject, disabled = false }: ExportButtonProps) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <ActionIcon
        aria-label={`${title}: export`}
        title="Export for a paper"
        disabled={disabled}
        size={24}
        onClick={() => setOpened(true)}
      >
        <IconFileExport size={15} />
      </ActionIcon>
      {opened && (
        <Late>
          <PaperDialog title={title} subject={subject} onClose={() => setOpened(false)} />
        </Late>
      )}
    </>
  );
}
