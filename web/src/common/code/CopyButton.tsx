import { ActionIcon, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { texts } from "../../texts";
import { failed } from "../toast";
import { copy } from "./copy";

export function CopyButton({ text, label = texts.common.copy }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <Tooltip label={copied ? texts.common.copied : label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={copied ? texts.common.copied : label}
        onClick={() => copy(text).then(() => setCopied(true), failed)}
      >
        {copied ? <IconCheck size={17} /> : <IconCopy size={17} />}
      </ActionIcon>
    </Tooltip>
  );
}
