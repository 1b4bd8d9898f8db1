/** The lines of the list of tags: a heading for each group, a line for each tag. */

import type { GroupOfTags, TagDetails } from "../../api/schema";
import { texts } from "../../texts";

export type TagLine =
  | { kind: "heading"; key: string; group: GroupOfTags }
  | { kind: "tag"; key: string; tag: string; facts: TagDetails | undefined; isLatest: boolean };

/** `facts` are what is known of some of the tags. */
export function linesOf(
  groups: readonly GroupOfTags[],
  facts: ReadonlyMap<string, TagDetails>,
  filter: string,
): TagLine[] {
  const latest = facts.get("latest")?.digest;
  return groups.flatMap((group) => {
    const tags = group.tags.filter((tag) => tag.includes(filter));
    if (tags.length === 0) return [];
    const heading: TagLine = { kind: "heading", key: `group ${group.kind} ${group.major}`, group };
    return [
      heading,
      ...tags.map((tag): TagLine => {
        const known = facts.get(tag);
        const isLatest = tag !== "latest" && !!latest && known?.digest === latest;
        return { kind: "tag", key: tag, tag, facts: known, isLatest };
      }),
    ];
  });
}

export function titleOfGroup(group: GroupOfTags): string {
  return group.kind === "version" ? texts.image.versions(group.major) : texts.image.tagGroups[group.kind];
}
