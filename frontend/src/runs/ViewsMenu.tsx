import { Button, Checkbox, Menu, Modal, TextInput } from "@mantine/core";
import {
  IconBookmark,
  IconCheck,
  IconDeviceFloppy,
  IconHome,
  IconLink,
  IconList,
  IconPencil,
  IconPlus,
  IconTrash,
} from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useMayChange } from "../access/useAccess";
import { deleteView, editView, saveView } from "../api/actions";
import { messageOf } from "../api/client";
import type { SavedView } from "../api/types";
import { ROOT } from "../root";
import { complain, say, sayWithUndo } from "../shell/toast";
import { contentOf } from "./savedViews";
import type { View } from "./view";
import { useWidths } from "./widths";

interface ViewsMenuProps {
  view: View;
  views: readonly SavedView[];
  opened: SavedView | undefined;
  changed: boolean;
  /** Shows a saved view; without one, the plain list. */
  onOpen: (saved: SavedView | undefined) => void;
  /** What is shown is the view of this id now. */
  onSaved: (id: string) => void;
}

/** The saved views of the open project: to open one, to save what is shown, to change the one that is open. */
export function ViewsMenu({ view, views, opened, changed, onOpen, onSaved }: ViewsMenuProps) {
  const client = useQueryClient();
  const mayChange = useMayChange();
  const [widths] = useWidths();
  const [naming, setNaming] = useState<"new" | "rename" | null>(null);
  const renew = () =>
    Promise.all(["views", "view"].map((key) => client.invalidateQueries({ queryKey: [key] })));
  const content = () => contentOf(view, widths);
  const change = async (saved: SavedView, edit: Parameters<typeof editView>[1], done: string) => {
    try {
      await editView(saved.id, { ...edit, version: saved.version });
      say(done);
    } catch (failure) {
      complain("The view was not changed", failure);
    }
    await renew();
  };
  const remove = async (saved: SavedView) => {
    try {
      await deleteView(saved.id);
    } catch (failure) {
      complain("The view was not deleted", failure);
      return;
    }
    onOpen(undefined);
    await renew();
    sayWithUndo(`View “${saved.name}” deleted.`, async () => {
      const { name, charts, is_default, project_id: project } = saved;
      const again = await saveView({ name, view: saved.view, charts, is_default, project });
      await renew();
      onSaved(again.id);
    });
  };
  return (
    <>
      <Menu position="bottom-end" width={270}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={14} />} data-testid="views">
            {opened ? `${opened.name}${changed ? ", changed" : ""}` : "Views"}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.map((saved) => (
            <Menu.Item
              key={saved.id}
              leftSection={saved.id === opened?.id ? <IconCheck size={14} /> : <span style={{ width: 14 }} />}
              rightSection={saved.is_default ? <IconHome size={13} aria-label="opened with" /> : undefined}
              onClick={() => onOpen(saved)}
              dir="auto"
            >
              {saved.name}
            </Menu.Item>
          ))}
          {views.length === 0 && <Menu.Label>No view is saved here yet.</Menu.Label>}
          <Menu.Item leftSection={<IconList size={14} />} onClick={() => onOpen(undefined)}>
            The plain list
          </Menu.Item>
          <Menu.Divider />
          {mayChange && opened && changed && (
            <Menu.Item
              leftSection={<IconDeviceFloppy size={14} />}
              onClick={() => void change(opened, { view: content() }, `View “${opened.name}” updated.`)}
            >
              Update “{opened.name}”
            </Menu.Item>
          )}
          {mayChange && (
            <Menu.Item leftSection={<IconPlus size={14} />} onClick={() => setNaming("new")}>
              Save as a new view …
            </Menu.Item>
          )}
          {opened && (
            <>
              {mayChange && (
                <>
                  <Menu.Item leftSection={<IconPencil size={14} />} onClick={() => setNaming("rename")}>
                    Rename …
                  </Menu.Item>
                  <Menu.Item
                    leftSection={<IconHome size={14} />}
                    onClick={() =>
                      void change(
                        opened,
                        { is_default: !opened.is_default },
                        opened.is_default
                          ? "The plain list is opened from now on."
                          : `“${opened.name}” is opened first from now on.`,
                      )
                    }
                  >
                    {opened.is_default ? "Do not open this first" : "Open this first"}
                  </Menu.Item>
                </>
              )}
              <Menu.Item leftSection={<IconLink size={14} />} onClick={() => void copyLink(opened)}>
                Copy the link
              </Menu.Item>
              {mayChange && (
                <Menu.Item
                  leftSection={<IconTrash size={14} />}
                  c="var(--danger)"
                  onClick={() => void remove(opened)}
                >
                  Delete
                </Menu.Item>
              )}
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {naming && (
        <Naming
          title={naming === "new" ? "Save what is shown as a view" : `Rename “${opened?.name}”`}
          name={naming === "rename" ? (opened?.name ?? "") : ""}
          withDefault={naming === "new"}
          onClose={() => setNaming(null)}
          onName={async (name, isDefault) => {
            if (naming === "rename" && opened) await editView(opened.id, { name, version: opened.version });
            else {
              const made = await saveView({
                name,
                project: view.project ?? null,
                view: content(),
                charts: opened?.charts ?? {},
                is_default: isDefault,
              });
              onSaved(made.id);
            }
            await renew();
          }}
        />
      )}
    </>
  );
}

async function copyLink({ id }: SavedView): Promise<void> {
  const link = `${window.location.origin}${ROOT}/?view=${id}`;
  try {
    await navigator.clipboard.writeText(link);
    say("The link to the view is copied.");
  } catch {
    say(link);
  }
}

interface NamingProps {
  title: string;
  name: string;
  withDefault: boolean;
  onClose: () => void;
  onName: (name: string, isDefault: boolean) => Promise<void>;
}

function Naming({ title, name: before, withDefault, onClose, onName }: NamingProps) {
  const [name, setName] = useState(before);
  const [isDefault, setIsDefault] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      await onName(name.trim(), isDefault);
      onClose();
    } catch (problem) {
      setFailure(messageOf(problem));
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={title} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) void save();
        }}
        style={{ display: "grid", gap: 12 }}
      >
        <TextInput
          label="Name"
          value={name}
          maxLength={100}
          dir="auto"
          error={failure}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        {withDefault && (
          <Checkbox
            label="Open this first from now on"
            checked={isDefault}
            onChange={(event) => setIsDefault(event.currentTarget.checked)}
          />
        )}
        <Button type="submit" loading={busy} disabled={!name.trim()}>
          Save
        </Button>
      </form>
    </Modal>
  );
}
