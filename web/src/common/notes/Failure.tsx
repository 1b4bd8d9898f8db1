import { Button } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { oneLine } from "../../format/clean";
import { texts } from "../../texts";
import { Notice } from "./Notice";

/** An answer that did not come: why, and the way to ask again. */
export function Failure({ error, again }: { error: unknown; again?: () => void }) {
  const message = error instanceof Error ? error.message : String(error);
  return (
    <Notice icon={<IconPlugConnectedX size={30} />} title={texts.common.failed} hint={oneLine(message, 400)} bad>
      {again && (
        <Button variant="default" onClick={again}>
          {texts.common.retry}
        </Button>
      )}
    </Notice>
  );
}
