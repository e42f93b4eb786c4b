import { Button, Skeleton } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useLayoutEffect, useRef, useState } from "react";
import { useMayChange } from "../access/useAccess";
import { Late, late } from "../shell/Late";
import type { Keeper } from "./keeper";
import classes from "./Note.module.css";

// Formulas and their fonts are fetched where there is a note, or one is written.
const Markdown = late(() => import("./Markdown").then((module) => module.Markdown));
const NoteEditor = late(() => import("./NoteEditor").then((module) => module.NoteEditor));

/** Of a note that is not opened. */
const MOST = 220;

interface NoteProps {
  keeper: Keeper;
  /** Whether it is being written; without it the note has a button of its own. */
  writing?: boolean;
  onWriting?: (writing: boolean) => void;
  /** Where there is no note: a button that begins one. */
  offered?: boolean;
}

/** A note where it belongs, written in place. */
export function Note({ keeper, writing: asked, onWriting, offered = false }: NoteProps) {
  const [own, setOwn] = useState(false);
  const mayChange = useMayChange();
  const writing = (asked ?? false) || own;
  const setWriting = (now: boolean) => {
    setOwn(now);
    onWriting?.(now);
  };
  const edit = useRef<HTMLButtonElement>(null);
  if (writing)
    return (
      <Late fallback={<Skeleton height={180} radius={6} role="status" aria-label="The editor is loading" />}>
        <NoteEditor
          keeper={keeper}
          onClose={() => {
            setWriting(false);
            requestAnimationFrame(() => edit.current?.focus());
          }}
        />
      </Late>
    );
  if (!keeper.text.trim())
    return offered && mayChange ? (
      <button type="button" ref={edit} className={classes.add} onClick={() => setWriting(true)}>
        <IconPencil size={13} aria-hidden /> Add a note
      </button>
    ) : null;
  return (
    <section className={classes.note} aria-label={`Note ${keeper.on}`} data-testid="note">
      <Folded text={keeper.text} />
      {mayChange && (
        <button
          type="button"
          ref={edit}
          className={classes.edit}
          onClick={() => setWriting(true)}
          aria-label={`Edit the note ${keeper.on}`}
          title="Edit the note"
        >
          <IconPencil size={14} aria-hidden />
        </button>
      )}
    </section>
  );
}

/** A long note shows its beginning until it is opened. */
function Folded({ text }: { text: string }) {
  const inside = useRef<HTMLDivElement>(null);
  const [tall, setTall] = useState(false);
  const [open, setOpen] = useState(false);
  useLayoutEffect(() => {
    if (!inside.current) return;
    const observer = new ResizeObserver(([entry]) => entry && setTall(entry.contentRect.height > MOST + 20));
    observer.observe(inside.current);
    return () => observer.disconnect();
  }, []);
  return (
    <div className={classes.text}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a link in it is gone to by keyboard, and then seen */}
      <div
        style={tall && !open ? { maxHeight: MOST, overflow: "hidden" } : undefined}
        data-folded={(tall && !open) || undefined}
        className={classes.fold}
        onFocus={() => setOpen(true)}
      >
        <div ref={inside}>
          <Late fallback={<p className={classes.plain}>{text}</p>}>
            <Markdown text={text} />
          </Late>
        </div>
      </div>
      {tall && (
        <Button
          variant="subtle"
          size="compact-xs"
          aria-expanded={open}
          onClick={() => setOpen((before) => !before)}
        >
          {open ? "Show less" : "Show all"}
        </Button>
      )}
    </div>
  );
}
