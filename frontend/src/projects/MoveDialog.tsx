import { Modal } from "@mantine/core";
import { ProjectPicker } from "./ProjectPicker";
import { useMoving } from "./useMoving";
import { useProjects } from "./useProject";

interface MoveDialogProps {
  /** Runs by id, groups by key. */
  keys: readonly string[];
  /** What they are, such as "3 runs". */
  what: string;
  onClose: () => void;
  onMoved?: () => void;
}

/** Where to move runs: a project that is there, or a new one. Typed, or chosen by arrows and Enter. */
export function MoveDialog({ keys, what, onClose, onMoved }: MoveDialogProps) {
  const { projects } = useProjects();
  const { move, moveToNew } = useMoving();
  const done = (moved: boolean) => {
    if (moved) onMoved?.();
  };
  return (
    <Modal opened onClose={onClose} title={`Move ${what} to a project`} size="sm">
      <ProjectPicker
        projects={projects}
        label={`Project to move ${what} to`}
        onPick={(project) => {
          onClose();
          void move(project, keys).then(done);
        }}
        onMake={(name) => {
          onClose();
          void moveToNew(name, keys).then(done);
        }}
      />
    </Modal>
  );
}
