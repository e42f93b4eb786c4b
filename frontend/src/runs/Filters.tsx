import { Button, Switch, TagsInput } from "@mantine/core";
import type { View } from "./view";

interface FiltersProps {
  view: View;
  onChange: (part: Partial<View>) => void;
}

/** The filters that are needed less often. */
export function Filters({ view, onChange }: FiltersProps) {
  return (
    <>
      <TagsInput
        label="With the tags"
        placeholder="Tag, then Enter"
        value={view.tag ?? []}
        onChange={(tag) => onChange({ tag: tag.length ? tag : undefined })}
        comboboxProps={{ withinPortal: false }}
      />
      <Switch
        label="Archived runs instead"
        checked={view.archived ?? false}
        onChange={(event) => onChange({ archived: event.currentTarget.checked || undefined })}
      />
      {view.group && (
        <Button variant="default" onClick={() => onChange({ group: undefined })}>
          Leave the group
        </Button>
      )}
    </>
  );
}
