import { IconArrowUp, IconCheck, IconHelp } from "@tabler/icons-react";
import { useUpdate } from "../../api/queries";
import type { ImageType } from "../../api/schema";
import { Chip } from "../../common/marks/Chip";
import { oneLine } from "../../format/clean";
import { texts } from "../../texts";

/** Whether the tag's digest upstream is newer than the one here. */
export function UpdateState({ type, name, tag }: { type: ImageType; name: string; tag: string }) {
  const { data, error } = useUpdate(type, name, tag, !tag.includes(":"));
  if (data?.update === true) {
    return (
      <Chip tone="amber" icon={<IconArrowUp size={13} aria-hidden />}>
        {texts.image.updateAvailable}
      </Chip>
    );
  }
  if (data?.update === false) {
    return (
      <Chip tone="accent" icon={<IconCheck size={13} aria-hidden />}>
        {texts.image.upToDate}
      </Chip>
    );
  }
  const why = data?.error ?? error?.message;
  if (!why) return null;
  return (
    <Chip tone="line" icon={<IconHelp size={13} aria-hidden />} title={oneLine(why)}>
      {texts.image.updateUnknown}
    </Chip>
  );
}
