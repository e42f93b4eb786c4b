import { MultiSelect } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../api/client";
import { groupsQuery } from "../api/queries";
import type { RunGroup } from "../api/types";
import { plural } from "../text/numbers";
import { ago } from "../text/time";

/** How many seeds a group has; of runs that differ in nothing, one counts. */
function seedsOf({ seeds, repeated }: RunGroup): string {
  return `${plural(seeds.length, "seed")}${repeated ? `, ${repeated} repeated` : ""}`;
}

interface AddRunsProps {
  chosen: string[];
  onChange: (keys: string[]) => void;
}

const AT_MOST = 200;

/** Adds runs and groups of seeds to the comparison, found by name. */
export function AddRuns({ chosen, onChange }: AddRunsProps) {
  const [text, setText] = useState("");
  const [q] = useDebouncedValue(text, 200);
  const runs = useQuery({
    queryKey: ["runs to compare", q],
    queryFn: ({ signal }) => dataOf(api.GET("/api/runs", { params: { query: { q, limit: 30 } }, signal })),
  });
  const groups = useQuery(groupsQuery("spec", { q }));
  const several = (groups.data?.items ?? []).filter(
    (group) => group.count > 1 && !chosen.includes(group.key),
  );
  const single = (runs.data?.items ?? []).filter((run) => !chosen.includes(run.id));
  const notes = new Map([
    ...several.map((group) => [group.key, seedsOf(group)] as const),
    ...single.map((run) => [run.id, `seed ${run.seed} · ${ago(run.created_at)}`] as const),
  ]);
  return (
    <MultiSelect
      aria-label="Add runs"
      placeholder="Add runs or seeds of the same settings"
      w={330}
      maw="100%"
      searchable
      value={[]}
      searchValue={text}
      onSearchChange={setText}
      onChange={(added) => {
        setText("");
        onChange([...chosen, ...added].slice(0, AT_MOST));
      }}
      data={[
        { group: "Seeds together", items: several.map(({ key, title }) => ({ value: key, label: title })) },
        { group: "Runs", items: single.map(({ id, name }) => ({ value: id, label: name })) },
      ]}
      filter={({ options }) => options}
      maxDropdownHeight={360}
      nothingFoundMessage="No run matches"
      disabled={chosen.length >= AT_MOST}
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
