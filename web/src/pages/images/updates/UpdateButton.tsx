import { Button } from "@mantine/core";
import { IconArrowUp } from "@tabler/icons-react";
import type { ImageUpdate } from "../../../api/schema";
import { useStartUpdates } from "../../../api/updates";
import { useIsMember, useWhyNot } from "../../../common/session";
import { said } from "../../../common/toast";
import { written } from "../../../format/names/reference";
import { texts } from "../../../texts";
import { named } from "./updates";

/** Brings the update of one tag. */
export function UpdateButton({ update }: { update: ImageUpdate }) {
  const start = useStartUpdates();
  const member = useIsMember();
  const whyNot = useWhyNot();
  const reference = written({ name: update.name, tag: update.version ?? update.tag });
  return (
    <Button
      size="compact-xs"
      px={6}
      aria-label={texts.images.updateHint(update.tag)}
      leftSection={<IconArrowUp size={13} aria-hidden />}
      disabled={!member}
      title={whyNot.member ?? texts.images.updateHint(update.tag)}
      loading={start.isPending}
      onClick={() => start.mutate([named(update)], { onSuccess: () => said(texts.discover.started(reference)) })}
    >
      {texts.updates.one(update.size)}
    </Button>
  );
}
