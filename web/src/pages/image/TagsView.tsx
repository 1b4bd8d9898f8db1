import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { useDownload } from "../../api/actions";
import { useTagDetails, useTags } from "../../api/queries";
import { Failure } from "../../common/notes/Failure";
import { Section } from "../../common/page/Section";
import { useIsMember } from "../../common/session";
import { said } from "../../common/toast";
import { useRunningByImage } from "../../downloads/hooks";
import { imageKey } from "../../downloads/store";
import { registryOf, written } from "../../format/names/reference";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import classes from "./Image.module.css";
import { TagItem } from "./TagItem";
import { linesOf, titleOfGroup } from "./tags";

const LINE = 48;

/** All tags of the repository upstream, the newest versions first, with those that are here marked. */
export function TagsView({ name }: { name: string }) {
  const member = useIsMember();
  const { data, error, refetch, isPending } = useTags(name, member);
  const { byTag } = useTagDetails(name, member && registryOf(name) === null);
  const [filter, setFilter] = useState("");
  const download = useDownload();
  const running = useRunningByImage();
  const lines = useMemo(() => linesOf(data?.groups ?? [], byTag, filter.trim()), [data, byTag, filter]);
  const list = useRef<HTMLUListElement>(null);
  const [margin, setMargin] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list stands where it does once there is one
  useLayoutEffect(() => {
    if (list.current) setMargin(list.current.getBoundingClientRect().top + window.scrollY);
  }, [data]);
  // Only the lines in view are in the document: some repositories have ten thousand tags.
  const virtual = useWindowVirtualizer({
    count: lines.length,
    estimateSize: () => LINE,
    overscan: 8,
    scrollMargin: margin,
    getItemKey: (index) => lines[index]?.key ?? index,
  });
  if (!member) {
    return (
      <Section title={texts.image.tabs.tags}>
        <p className={classes.quiet}>{texts.image.tagsForMembers}</p>
      </Section>
    );
  }
  if (isPending) return <PageLoading />;
  if (!data) return <Failure error={error} again={() => void refetch()} />;
  const here = new Set(data.installed);
  const pull = (tag: string) =>
    download.mutate(
      { from: "dockerhub", type: "docker", name, tag },
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
      {lines.length === 0 && <p className={classes.quiet}>{texts.image.noTags}</p>}
      <ul className={classes.tags} ref={list} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const line = lines[item.index];
          return (
            line && (
              <li
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                style={{ transform: `translateY(${item.start - margin}px)` }}
              >
                {line.kind === "heading" ? (
                  <h3>{titleOfGroup(line.group)}</h3>
                ) : (
                  <TagItem
                    line={line}
                    name={name}
                    here={here.has(line.tag)}
                    running={running.get(imageKey("docker", name, line.tag))}
                    pull={pull}
                  />
                )}
              </li>
            )
          );
        })}
      </ul>
    </Section>
  );
}
