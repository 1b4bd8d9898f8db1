import { Checkbox } from "@mantine/core";
import { IconShieldQuestion } from "@tabler/icons-react";
import { memo } from "react";
import { Link } from "react-router";
import { useUpdates } from "../../api/updates";
import { Bar } from "../../common/marks/Bar";
import { Chip } from "../../common/marks/Chip";
import { ImageTile } from "../../common/marks/ImageTile";
import { TypeChip } from "../../common/marks/TypeChip";
import { useRunningRepository } from "../../downloads/hooks";
import { howFar } from "../../downloads/progress";
import { bytes } from "../../format/amounts";
import { oneLine } from "../../format/clean";
import { isOwn, shown } from "../../format/names/own";
import { shortDigest } from "../../format/names/reference";
import { age, moment } from "../../format/time";
import { texts } from "../../texts";
import classes from "./Images.module.css";
import { RowMenu } from "./RowMenu";
import { type ImageRow, mainTag, pageOf } from "./rows";
import { UpdateButton } from "./updates/UpdateButton";
import { updatesOf } from "./updates/updates";
import { useOtherStore } from "./useOtherStore";

const TAGS = 3;

interface Props {
  row: ImageRow;
  index: number;
  top: number;
  selected: boolean;
  toggle: (key: string) => void;
  measure: (element: Element | null) => void;
}

export const ImageLine = memo(function ImageLine({ row, index, top, selected, toggle, measure }: Props) {
  const tags = row.tags.slice(0, TAGS);
  const first = mainTag(row);
  const place = useOtherStore(row);
  const { data: updates = [] } = useUpdates((found) => updatesOf(row, found.results));
  return (
    <div
      className={classes.row}
      data-drawn={`line ${row.name}`}
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      data-selected={selected || undefined}
      ref={measure}
      style={{ transform: `translateY(${top}px)` }}
    >
      <div role="cell" className={classes.check}>
        <Checkbox
          size="sm"
          aria-label={texts.images.select(row.name)}
          checked={selected}
          onChange={() => toggle(row.key)}
        />
      </div>
      <div role="cell" className={classes.name}>
        <ImageTile name={shown(row.name)} icon={row.icon} />
        <div className={classes.words}>
          <Link className="name upstream touch" to={pageOf(row.type, row.name, first)} title={row.name}>
            {shown(row.name)}
          </Link>
          {row.description && <span className={`clip upstream ${classes.about}`}>{oneLine(row.description, 140)}</span>}
          <Running row={row} />
        </div>
      </div>
      <div role="cell" className={classes.tags}>
        {tags.map(({ tag }) => (
          <Link key={tag} className={`touch ${classes.tag}`} to={pageOf(row.type, row.name, tag)}>
            <Chip>{tag.startsWith("sha") && tag.includes(":") ? shortDigest(tag) : tag}</Chip>
          </Link>
        ))}
        {row.tags.length > TAGS && <Chip tone="line">{texts.images.moreTags(row.tags.length - TAGS)}</Chip>}
        {place && <Chip tone="line">{place}</Chip>}
        {isOwn(row.name) && <Chip tone="accent">{texts.image.pushedHere}</Chip>}
        {row.unverified && (
          <Chip tone="amber" icon={<IconShieldQuestion size={13} aria-hidden />} title={texts.images.unverifiedHint}>
            {texts.images.unverified}
          </Chip>
        )}
        {updates.map((update) => (
          <UpdateButton key={update.tag} update={update} />
        ))}
      </div>
      <div role="cell" className={classes.type}>
        <TypeChip type={row.type} />
      </div>
      <div role="cell" className={`${classes.number} ${classes.size}`}>
        {bytes(row.size)}
      </div>
      <div role="cell" className={`clip upstream ${classes.quiet} ${classes.wide}`}>
        {row.platforms.join(", ") || "–"}
      </div>
      <div role="cell" className={`${classes.quiet} ${classes.wide}`} title={moment(row.created)}>
        {age(row.created) || "–"}
      </div>
      <div role="cell" className={classes.menu}>
        <RowMenu row={row} />
      </div>
    </div>
  );
});

function Running({ row }: { row: ImageRow }) {
  const running = useRunningRepository(row.type, row.name);
  if (!running) return null;
  return (
    <div className={classes.progress}>
      <Bar percent={howFar(running)} label={texts.downloads.progress(row.name)} height={4} />
    </div>
  );
}
