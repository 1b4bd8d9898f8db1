import { ActionIcon, Tooltip } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useStop } from "../../api/actions";
import type { Download } from "../../api/schema";
import { useIsMember, useWhyNot } from "../../common/session";
import { shownName } from "../../downloads/store";
import { texts } from "../../texts";

/** Cancels one download that is under way or waits for its turn. */
export function CancelButton({ row }: { row: Download }) {
  const member = useIsMember();
  const whyNot = useWhyNot();
  const stop = useStop();
  return (
    <Tooltip label={texts.common.cancel}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={texts.downloads.cancel(shownName(row))}
        disabled={!member}
        title={whyNot.member}
        loading={stop.isPending}
        onClick={() => stop.mutate({ download: row, forget: false })}
      >
        <IconX size={19} />
      </ActionIcon>
    </Tooltip>
  );
}
