import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../api/client";
import { runQuery } from "../api/queries";
import type { Run } from "../api/types";
import { ago } from "../text/time";

interface BesidePickerProps {
  run: Run;
  /** The id of the other run. */
  value: string | undefined;
  onChange: (id: string | undefined) => void;
}

/** Chooses another run, found by name, whose masks stand beside this one's. */
export function BesidePicker({ run, value, onChange }: BesidePickerProps) {
  const [text, setText] = useState("");
  const [q] = useDebouncedValue(text, 200);
  const found = useQuery({
    queryKey: ["runs to stand beside", q],
    queryFn: ({ signal }) => dataOf(api.GET("/api/runs", { params: { query: { q, limit: 30 } }, signal })),
  });
  const chosen = useQuery({ ...runQuery(value ?? ""), enabled: value !== undefined });
  const others = (found.data?.items ?? []).filter(({ id }) => id !== run.id);
  const listed = chosen.data && !others.some(({ id }) => id === value) ? [chosen.data, ...others] : others;
  const notes = new Map(listed.map(({ id, seed, created_at }) => [id, `seed ${seed} · ${ago(created_at)}`]));
  return (
    <Select
      label="Beside another run"
      placeholder="none"
      w={190}
      clearable
      searchable
      value={value ?? null}
      onSearchChange={(next) => setText(next === chosen.data?.name ? "" : next)}
      onChange={(next) => onChange(next ?? undefined)}
      data={listed.map(({ id, name }) => ({ value: id, label: name }))}
      filter={({ options }) => options}
      nothingFoundMessage="No run matches"
      maxDropdownHeight={320}
      comboboxProps={{ width: 340, position: "bottom-end" }}
      renderOption={({ option }) => (
        <span style={{ display: "flex", gap: 12, width: "100%" }}>
          <span style={{ flex: 1 }} dir="auto">
            {option.label}
          </span>
          <span className="quiet">{notes.get(option.value)}</span>
        </span>
      )}
    />
  );
}
