import { Button, CopyButton, Modal, MultiSelect, SegmentedControl, Switch, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconCheck, IconCopy, IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { messageOf } from "../api/client";
import { type TableWanted, tableAddress, tableQuery } from "../api/queries";
import type { Comparison } from "../api/types";
import classes from "./TableDialog.module.css";

type Choice<K extends keyof TableWanted> = { value: NonNullable<TableWanted[K]> & string; label: string }[];

const FORMATS: Choice<"format"> = [
  { value: "latex", label: "LaTeX" },
  { value: "markdown", label: "Markdown" },
  { value: "csv", label: "CSV" },
];
const DIRECTIONS: Choice<"methods"> = [
  { value: "rows", label: "As rows" },
  { value: "columns", label: "As columns" },
];
const SPREADS: Choice<"spread"> = [
  { value: "std", label: "± std" },
  { value: "interval", label: "± 95 %" },
  { value: "none", label: "None" },
];
const SWITCHES = [
  ["n", "Number of seeds"],
  ["arrows", "Arrows to the better"],
  ["bold", "Bold where the difference holds"],
] as const;
const MORE = [
  ["tasks", "Accuracy on each task"],
  ["settings", "Settings that differ"],
] as const;

interface TableDialogProps {
  comparison: Comparison;
  keys: string[];
  baseline: string | undefined;
  onClose: () => void;
}

/** A table for a paper, chosen and seen before it is taken away. The server writes it. */
export function TableDialog({ comparison, keys, baseline, onClose }: TableDialogProps) {
  const { metrics } = comparison.statistics;
  const known = metrics.map(({ name }) => name);
  const [wanted, setWanted] = useState<TableWanted>({
    format: "latex",
    metric: known.slice(0, 3),
    methods: "rows",
    spread: "std",
    n: true,
    arrows: true,
    bold: true,
    tasks: false,
    settings: false,
    caption: "",
  });
  const set = (change: Partial<TableWanted>) => setWanted((before) => ({ ...before, ...change }));
  const [asked] = useDebouncedValue(wanted, 150);
  const table = useQuery(tableQuery(keys, baseline, asked));
  const text = table.data ?? "";
  const isText = wanted.format !== "csv";
  return (
    <Modal opened onClose={onClose} title="Table" size="min(1100px, 96vw)">
      <div className={classes.dialog}>
        <form className={classes.choices} onSubmit={(event) => event.preventDefault()}>
          <Row label="Format">
            <SegmentedControl
              aria-label="Format"
              data={FORMATS}
              value={wanted.format}
              onChange={(format) => set({ format })}
            />
          </Row>
          <MultiSelect
            label="Metrics"
            description="In this order."
            placeholder={wanted.metric?.length ? undefined : "All that are known"}
            data={metrics.map(({ name, title }) => ({ value: name, label: title }))}
            value={wanted.metric ?? []}
            onChange={(metric) => set({ metric })}
          />
          <Row label="Methods">
            <SegmentedControl
              aria-label="Methods"
              data={DIRECTIONS}
              value={wanted.methods ?? "rows"}
              onChange={(methods) => set({ methods })}
            />
          </Row>
          {isText && (
            <>
              <Row label="Spread">
                <SegmentedControl
                  aria-label="Spread"
                  data={SPREADS}
                  value={wanted.spread ?? "std"}
                  onChange={(spread) => set({ spread })}
                />
              </Row>
              {SWITCHES.map(([name, label]) => (
                <Switch
                  key={name}
                  label={label}
                  checked={wanted[name]}
                  onChange={(event) => set({ [name]: event.currentTarget.checked })}
                />
              ))}
            </>
          )}
          {MORE.map(([name, label]) => (
            <Switch
              key={name}
              label={label}
              checked={wanted[name]}
              onChange={(event) => set({ [name]: event.currentTarget.checked })}
            />
          ))}
          {isText && (
            <TextInput
              label="Caption"
              placeholder="One is made from what stands in the table"
              maxLength={500}
              value={wanted.caption}
              onChange={(event) => set({ caption: event.currentTarget.value })}
            />
          )}
        </form>
        <div className={classes.preview}>
          {table.error ? (
            <p role="alert">{messageOf(table.error)}</p>
          ) : (
            <textarea aria-label="Preview" data-testid="table-preview" readOnly wrap="off" value={text} />
          )}
          <div className={classes.actions}>
            <CopyButton value={text}>
              {({ copied, copy }) => (
                <Button
                  variant="default"
                  onClick={copy}
                  disabled={!text}
                  leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
                >
                  {copied ? "Copied" : "Copy"}
                </Button>
              )}
            </CopyButton>
            <Button
              component="a"
              href={tableAddress(keys, baseline, asked)}
              download
              leftSection={<IconDownload size={14} />}
            >
              Download
            </Button>
          </div>
        </div>
      </div>
    </Modal>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={classes.row}>
      <span aria-hidden>{label}</span>
      {children}
    </div>
  );
}
