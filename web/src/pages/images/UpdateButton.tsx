import { Tooltip } from "@mantine/core";
import { IconArrowUp } from "@tabler/icons-react";
import { useDownload } from "../../api/actions";
import { useUpdate } from "../../api/queries";
import { Chip } from "../../common/Chip";
import { useIsMember } from "../../common/session";
import { said } from "../../common/toast";
import { written } from "../../format/reference";
import { texts } from "../../texts";
import classes from "./Images.module.css";
import type { ImageRow } from "./rows";

/** Shows itself when the tag's digest upstream is another one. */
export function UpdateButton({ row, tag }: { row: ImageRow; tag: string }) {
  const { data } = useUpdate(row.type, row.name, tag, !tag.includes(":"));
  const download = useDownload();
  const member = useIsMember();
  if (data?.update !== true) return null;
  const hint = texts.images.updateHint(tag);
  const pull = () =>
    download.mutate(
      { from: row.depot, type: row.type, name: row.name, tag },
      { onSuccess: () => said(texts.discover.started(written({ name: row.name, tag }))) },
    );
  return (
    <Tooltip label={hint}>
      <button type="button" className={classes.update} aria-label={hint} disabled={!member} onClick={pull}>
        <Chip tone="amber" icon={<IconArrowUp size={13} aria-hidden />}>
          {texts.images.update}
        </Chip>
      </button>
    </Tooltip>
  );
}
