import { ActionIcon, TextInput, Tooltip } from "@mantine/core";
import { IconCheck, IconDownload, IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "react-router";
import { useDownload } from "../../api/actions";
import { useTags } from "../../api/queries";
import type { ImageType } from "../../api/schema";
import { Bar } from "../../common/Bar";
import { Chip } from "../../common/Chip";
import { Failure } from "../../common/Failure";
import { Section } from "../../common/Section";
import { useIsMember } from "../../common/session";
import { said } from "../../common/toast";
import { useRunningByImage } from "../../downloads/hooks";
import { howFar } from "../../downloads/progress";
import { imageKey } from "../../downloads/store";
import { written } from "../../format/reference";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import { pageOf } from "../images/rows";
import classes from "./Image.module.css";

const FEW = 120;

/** All tags of the repository upstream, with those that are here marked. */
export function TagsView({ type, name }: { type: ImageType; name: string }) {
  const docker = type === "docker";
  const member = useIsMember();
  const { data, error, refetch, isPending } = useTags(name, docker && member);
  const [filter, setFilter] = useState("");
  const [all, setAll] = useState(false);
  const download = useDownload();
  const running = useRunningByImage();
  if (!docker || !member) {
    return (
      <Section title={texts.image.tabs.tags}>
        <p className={classes.quiet}>{docker ? texts.image.tagsForMembers : texts.image.lxcTags}</p>
      </Section>
    );
  }
  if (isPending) return <PageLoading />;
  if (!data) return <Failure error={error} again={() => void refetch()} />;
  const here = new Set(data.installed);
  const tags = data.tags.filter((tag) => tag.includes(filter.trim()));
  const pull = (tag: string) =>
    download.mutate(
      { from: "dockerhub", type, name, tag },
      { onSuccess: () => said(texts.discover.started(written({ name, tag }))) },
    );
  return (
    <Section title={texts.common.tags(data.tags.length)} hint={texts.image.tagsHint}>
      <TextInput
        type="search"
        aria-label={texts.image.tagsFilter}
        placeholder={texts.image.tagsFilter}
        leftSection={<IconSearch size={17} />}
        value={filter}
        onChange={(event) => setFilter(event.currentTarget.value)}
      />
      {data.gap && (
        <p role="status" className={classes.quiet}>
          {data.gap}.
        </p>
      )}
      {tags.length === 0 && <p className={classes.quiet}>{texts.image.noTags}</p>}
      <ul className={classes.tags}>
        {tags.slice(0, all ? undefined : FEW).map((tag) => {
          const row = running.get(imageKey("docker", name, tag));
          return (
            <li key={tag}>
              {row ? (
                <div>
                  <span className="upstream">{tag}</span>
                  <Bar percent={howFar(row)} label={texts.downloads.progress(tag)} height={4} />
                </div>
              ) : here.has(tag) ? (
                <Link className="clip upstream" to={pageOf("docker", name, tag)}>
                  {tag}
                </Link>
              ) : (
                <span className="clip upstream" title={tag}>
                  {tag}
                </span>
              )}
              {here.has(tag) ? (
                <Chip tone="accent" icon={<IconCheck size={13} aria-hidden />}>
                  {texts.image.installed}
                </Chip>
              ) : (
                <Tooltip label={texts.image.download(tag)}>
                  <ActionIcon
                    variant="subtle"
                    aria-label={texts.image.download(tag)}
                    disabled={!member || row !== undefined}
                    onClick={() => pull(tag)}
                  >
                    <IconDownload size={18} />
                  </ActionIcon>
                </Tooltip>
              )}
            </li>
          );
        })}
      </ul>
      {!all && tags.length > FEW && (
        <button type="button" className={classes.link} onClick={() => setAll(true)}>
          {texts.common.all(tags.length)}
        </button>
      )}
    </Section>
  );
}
