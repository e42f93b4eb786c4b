import { Button, CopyButton } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";

/** Puts a text into the clipboard and says so. */
export function Copy({ label, text }: { label: string; text: () => string }) {
  return (
    <CopyButton value={text()}>
      {({ copied, copy }) => (
        <Button
          variant="default"
          onClick={copy}
          leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          aria-label={`Copy as ${label}`}
        >
          {copied ? "Copied" : label}
        </Button>
      )}
    </CopyButton>
  );
}
