import { Button, Textarea } from "@mantine/core";
import { type KeyboardEvent, useDeferredValue, useEffect, useRef, useState } from "react";
import { messageOf } from "../api/client";
import { isConflict, type Keeper, type Version } from "./keeper";
import { Markdown } from "./Markdown";
import classes from "./Note.module.css";

const LONGEST = 100_000;

/** A note as it is written, with how it will look beside it. Nobody's words are lost: what somebody else saved in
the meantime is shown, and what was typed is left only when asked for. */
export function NoteEditor({ keeper, onClose }: { keeper: Keeper; onClose: () => void }) {
  // What was read when the editor opened: the page may be renewed underneath.
  const [version, setVersion] = useState(keeper.version);
  const [before, setBefore] = useState(keeper.text);
  const [text, setText] = useState(keeper.text);
  const [theirs, setTheirs] = useState<Version | null>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [asking, setAsking] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const shown = useDeferredValue(text);
  const changed = text !== before;
  useEffect(() => {
    area.current?.focus();
    area.current?.setSelectionRange(area.current.value.length, area.current.value.length);
  }, []);
  useWarningOnLeave(changed);

  async function save(): Promise<void> {
    if (busy) return;
    setBusy(true);
    setFailure(null);
    try {
      if (changed || theirs) await keeper.save(text, version);
      onClose();
    } catch (problem) {
      if (isConflict(problem)) await meet();
      else setFailure(problem);
    } finally {
      setBusy(false);
    }
  }

  /** Somebody else was faster: their text is shown beside this one. */
  async function meet(): Promise<void> {
    try {
      const now = await keeper.reread();
      setVersion(now.version);
      // Only something beside the text was edited, such as a name or a tag.
      if (now.text === before || now.text === text) {
        await keeper.save(text, now.version);
        onClose();
      } else setTheirs(now);
    } catch (problem) {
      setFailure(problem);
    }
  }

  function leave(): void {
    if (changed && !asking) setAsking(true);
    else onClose();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      void save();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (asking) {
        setAsking(false);
        area.current?.focus();
      } else leave();
    }
  }

  return (
    <section
      className={`panel ${classes.editor}`}
      aria-label={`Writing the note ${keeper.on}`}
      data-testid="note-editor"
      onKeyDown={onKeyDown}
    >
      <div className={classes.halves}>
        <Textarea
          ref={area}
          label={`Note ${keeper.on}`}
          description="Markdown; formulas as $\lambda = 3$ or between lines of $$."
          dir="auto"
          autosize
          minRows={6}
          maxRows={24}
          maxLength={LONGEST}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setAsking(false);
          }}
        />
        <section className={classes.preview} aria-label="Preview">
          {shown.trim() ? <Markdown text={shown} /> : <p className="quiet">How it will look.</p>}
        </section>
      </div>
      {theirs && (
        <div role="alert" className={classes.theirs} data-testid="their-note">
          <p>
            <strong>Someone else saved in the meantime.</strong> Nothing was overwritten. Yours stands above,
            theirs here:
          </p>
          <div className={classes.preview}>
            {theirs.text.trim() ? <Markdown text={theirs.text} /> : <p className="quiet">They emptied it.</p>}
          </div>
          <div className={classes.buttons}>
            <Button
              variant="default"
              onClick={() => {
                setText(theirs.text);
                setBefore(theirs.text);
                setTheirs(null);
              }}
            >
              Take theirs
            </Button>
            <Button
              variant="default"
              onClick={() => {
                setText(`${theirs.text.trimEnd()}\n\n${text}`);
                setTheirs(null);
              }}
            >
              Put mine below theirs
            </Button>
          </div>
        </div>
      )}
      {failure !== null && (
        <p role="alert" className={classes.failure}>
          Not saved. {messageOf(failure)} What you wrote is still here.
        </p>
      )}
      <div className={classes.buttons}>
        {asking && (
          <span role="alert" className={classes.asking}>
            What you wrote is not saved.
          </span>
        )}
        <Button variant={asking ? "light" : "default"} color={asking ? "red" : undefined} onClick={leave}>
          {asking ? "Leave it" : "Cancel"}
        </Button>
        <Button onClick={() => void save()} loading={busy} title="Ctrl Enter">
          {theirs ? "Save mine over theirs" : "Save"}
        </Button>
      </div>
    </section>
  );
}

/** The browser asks before the page is closed over what was typed. */
function useWarningOnLeave(changed: boolean): void {
  useEffect(() => {
    if (!changed) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [changed]);
}
