import { Button, Modal, MultiSelect, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../api/client";
import { figuresQuery, groupsQuery } from "../api/queries";
import { blockOf } from "./draft";
import classes from "./Reports.module.css";

type Kind = "figure" | "table" | "runs";

const TITLES: Record<Kind, string> = {
  figure: "Insert a figure",
  table: "Insert a table of methods",
  runs: "Insert a list of runs",
};

interface InsertProps {
  kind: Kind;
  onInsert: (block: string) => void;
  onClose: () => void;
}

/** Asks what a block is to show, and writes it. */
export function Insert({ kind, onInsert, onClose }: InsertProps) {
  const figures = useQuery({ ...figuresQuery, enabled: kind === "figure" });
  const [name, setName] = useState<string | null>("forgetting_curve");
  const [keys, setKeys] = useState<string[]>([]);
  const [filter, setFilter] = useState("");
  const [caption, setCaption] = useState("");
  const figure = figures.data?.items.find((item) => item.name === name);
  const most = kind === "figure" && figure && !figure.compares ? 1 : 50;
  const ready = kind === "runs" || keys.length > 0;
  const block =
    kind === "runs"
      ? blockOf("runs", {
          filter: filter && JSON.stringify(filter),
          columns: "name, strategy, accuracy, forgetting",
          limit: "20",
        })
      : blockOf(kind, {
          [most === 1 ? "run" : "runs"]: keys.join(", "),
          name: kind === "figure" ? (name ?? undefined) : undefined,
          caption: caption && JSON.stringify(caption),
        });
  return (
    <Modal opened onClose={onClose} title={TITLES[kind]} size="lg">
      <form
        className={classes.insert}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) onInsert(block);
        }}
      >
        {kind === "figure" && (
          <Select
            label="Figure"
            searchable
            allowDeselect={false}
            data={(figures.data?.items ?? []).map((item) => ({ value: item.name, label: item.title }))}
            value={name}
            onChange={(next) => {
              setName(next);
              setKeys((before) => before.slice(0, 1));
            }}
          />
        )}
        {kind === "runs" ? (
          <TextInput
            label="Filter"
            placeholder="strategy = anpyc and accuracy >= 0.9"
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
        ) : (
          <Keys keys={keys} most={most} onChange={setKeys} />
        )}
        {kind !== "runs" && (
          <TextInput
            label="Caption"
            placeholder="What it shows is said by itself"
            value={caption}
            onChange={(event) => setCaption(event.currentTarget.value)}
          />
        )}
        <Button type="submit" disabled={!ready}>
          Insert
        </Button>
      </form>
    </Modal>
  );
}

interface KeysProps {
  keys: string[];
  most: number;
  onChange: (keys: string[]) => void;
}

/** Runs and groups of seeds, found by name. */
function Keys({ keys, most, onChange }: KeysProps) {
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [q] = useDebouncedValue(text, 200);
  const runs = useQuery({
    queryKey: ["runs to compare", q],
    queryFn: ({ signal }) => dataOf(api.GET("/api/runs", { params: { query: { q, limit: 30 } }, signal })),
  });
  const groups = useQuery({ ...groupsQuery("spec", { q }), enabled: most > 1 });
  const several = most > 1 ? (groups.data?.items ?? []).filter(({ count }) => count > 1) : [];
  return (
    <MultiSelect
      label={most > 1 ? "Runs, or seeds together" : "Run"}
      searchable
      value={keys}
      maxValues={most}
      searchValue={text}
      onSearchChange={setText}
      onChange={(chosen) => {
        onChange(chosen);
        setText("");
        // What is below stays covered otherwise.
        if (chosen.length >= most) setOpen(false);
      }}
      dropdownOpened={open}
      onDropdownOpen={() => setOpen(true)}
      onDropdownClose={() => setOpen(false)}
      filter={({ options }) => options}
      data={[
        { group: "Seeds together", items: several.map(({ key, title }) => ({ value: key, label: title })) },
        {
          group: "Runs",
          items: (runs.data?.items ?? []).map(({ id, name, seed }) => ({
            value: id,
            label: `${name} · seed ${seed}`,
          })),
        },
      ]}
      nothingFoundMessage="No run matches"
    />
  );
}
