import { ActionIcon, Button } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconPin } from "@tabler/icons-react";
import { useState } from "react";
import { imagesChanged, useChange } from "../../api/actions";
import { call, segments } from "../../api/client";
import { CACHED_PAGE, client, useCachedImages } from "../../api/queries";
import type { MirrorImage } from "../../api/schema";
import { ConfirmButton } from "../../common/form/ConfirmButton";
import { Chip } from "../../common/marks/Chip";
import { ImageTile } from "../../common/marks/ImageTile";
import { Failure } from "../../common/notes/Failure";
import { Section } from "../../common/page/Section";
import { useIsAdmin, useIsMember, useWhyNot } from "../../common/session";
import { said } from "../../common/toast";
import { bytes } from "../../format/amounts";
import { oneLine } from "../../format/clean";
import { shortDigest } from "../../format/names/reference";
import { age, moment } from "../../format/time";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import classes from "./Mirror.module.css";

const words = texts.mirror;

/** What came through and may go again, page by page. */
export function CachedImages() {
  const [page, setPage] = useState(1);
  const { data, error, refetch, isPending } = useCachedImages(page);
  if (isPending) return <PageLoading />;
  if (!data) return <Failure error={error} again={() => void refetch()} />;
  const pages = Math.max(1, Math.ceil(data.total_count / CACHED_PAGE));
  if (page > pages) setPage(pages); // the last image of the last page has gone
  return (
    <Section title={`${words.images} (${data.total_count})`} hint={words.imagesHint}>
      <ul className={classes.images}>
        {data.results.map((image) => (
          <CachedImage key={`${image.name} ${image.tag} ${image.digest}`} image={image} />
        ))}
      </ul>
      {pages > 1 && (
        <nav className={classes.pages} aria-label={words.images}>
          <ActionIcon
            variant="default"
            size="lg"
            aria-label={words.earlier}
            disabled={page === 1}
            onClick={() => setPage(page - 1)}
          >
            <IconChevronLeft size={18} />
          </ActionIcon>
          <span>{words.page(page, pages)}</span>
          <ActionIcon
            variant="default"
            size="lg"
            aria-label={words.later}
            disabled={page >= pages}
            onClick={() => setPage(page + 1)}
          >
            <IconChevronRight size={18} />
          </ActionIcon>
        </nav>
      )}
    </Section>
  );
}

function CachedImage({ image }: { image: MirrorImage }) {
  const admin = useIsAdmin();
  const whyNot = useWhyNot();
  const member = useIsMember();
  const { tag } = image;
  const name = tag.includes(":") ? `${image.name}@${shortDigest(tag)}` : `${image.name}:${tag}`;
  const path = `/mirror/images/${segments(image.name)}/${encodeURIComponent(tag)}`;
  const changed = () => void client.invalidateQueries({ queryKey: ["mirror-images"] });
  const keep = useChange("mirror", async () => {
    await call("POST", `${path}/keep`);
    changed();
    imagesChanged();
    said(words.kept, oneLine(name, 120));
  });
  const drop = async () => {
    await call("DELETE", path);
    changed();
    said(oneLine(name, 120), words.dropped);
  };
  return (
    <li className={classes.image}>
      <ImageTile name={image.name} />
      <div className={classes.words}>
        <strong className="upstream">{name}</strong>
        <span className={classes.quiet}>
          <span title={moment(image.last_used)}>{texts.tokens.used(age(image.last_used))}</span>
          {" · "}
          {bytes(image.size)}
          {image.artifacts.length > 0 && ` · ${words.artifacts(image.artifacts.length)}`}
        </span>
      </div>
      <div className={classes.chips}>
        {image.platforms.map((platform) => (
          <Chip key={platform}>{platform}</Chip>
        ))}
      </div>
      <div className={classes.actions}>
        <Button
          variant="light"
          size="compact-md"
          leftSection={<IconPin size={16} />}
          aria-label={words.keepNamed(name)}
          disabled={!member}
          title={whyNot.member}
          loading={keep.isPending}
          onClick={() => keep.mutate(undefined)}
        >
          {words.keep}
        </Button>
        <ConfirmButton
          label={words.dropNamed(name)}
          title={words.dropTitle(name)}
          hint={words.dropHint}
          action={words.drop}
          list="mirror"
          work={drop}
          disabled={!admin}
        />
      </div>
    </li>
  );
}
