import { Button, Menu, TextInput } from "@mantine/core";
import { IconBookmark } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useMayChange } from "../access/useAccess";
import { api, dataOf } from "../api/client";
import { complain, say } from "../shell/toast";
import { plural } from "../text/numbers";
import { type Chart, chartsIn } from "./charts";

export interface Kept {
  charts: readonly Chart[];
  /** "1f3a5b7c9d1e.3,…" */
  colors: string;
}

/** Where they stand among what is kept with a view. */
const KEY = "comparison";

function keptIn(charts: Record<string, unknown>): Kept | undefined {
  const found = charts[KEY] as { charts?: unknown; colors?: unknown } | undefined;
  const own = chartsIn(found?.charts);
  return own && { charts: own, colors: typeof found?.colors === "string" ? found.colors : "" };
}

interface ChartViewsProps {
  kept: Kept;
  onOpen: (kept: Kept) => void;
}

/** Charts and colours are saved with a view, and opened from one. */
export function ChartViews({ kept, onOpen }: ChartViewsProps) {
  const client = useQueryClient();
  const mayChange = useMayChange();
  const [name, setName] = useState("");
  const [opened, setOpened] = useState(false);
  const views = useQuery({
    queryKey: ["views", "compare"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/views", { signal })),
    enabled: opened,
  });
  const items = views.data?.items ?? [];
  const saving = useMutation({
    mutationFn: async (into: (typeof items)[number] | null) => {
      const { charts, colors } = kept;
      const comparison = { [KEY]: { charts: [...charts], colors } };
      if (into === null)
        return dataOf(api.POST("/api/views", { body: { name, charts: comparison } as never }));
      return dataOf(
        api.PATCH("/api/views/{view_id}", {
          params: { path: { view_id: into.id } },
          body: { charts: { ...into.charts, ...comparison }, version: into.version },
        }),
      );
    },
    onSuccess: (view) => {
      setName("");
      void client.invalidateQueries({ queryKey: ["views"] });
      say(`${plural(kept.charts.length, "chart")} saved with “${view.name}”.`);
    },
    onError: (failure) => complain("The charts were not saved", failure),
  });
  const withCharts = items.flatMap((view) => {
    const found = keptIn(view.charts);
    return found ? [{ view, found }] : [];
  });
  return (
    <Menu opened={opened} onChange={setOpened} width={280}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconBookmark size={14} />}>
          Views
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Open the charts of</Menu.Label>
        {withCharts.map(({ view, found }) => (
          <Menu.Item key={view.id} onClick={() => onOpen(found)}>
            {view.name} <span className="quiet">· {plural(found.charts.length, "chart")}</span>
          </Menu.Item>
        ))}
        {views.data && withCharts.length === 0 && <Menu.Item disabled>No view has charts yet</Menu.Item>}
        {mayChange && (
          <>
            <Menu.Divider />
            <Menu.Label>Save these with</Menu.Label>
            {items.map((view) => (
              <Menu.Item key={view.id} onClick={() => saving.mutate(view)}>
                {view.name}
              </Menu.Item>
            ))}
            <form
              style={{ display: "flex", gap: 6, padding: "4px 12px 8px" }}
              onSubmit={(event) => {
                event.preventDefault();
                if (name.trim()) saving.mutate(null);
              }}
            >
              <TextInput
                aria-label="Name of a new view"
                placeholder="A new view"
                maxLength={100}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                onKeyDown={(event) => event.stopPropagation()}
              />
              <Button type="submit" variant="default" disabled={!name.trim()} loading={saving.isPending}>
                Save
              </Button>
            </form>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
