import { Autocomplete, Loader } from "@mantine/core";
import { useTags } from "../../../api/queries";
import { texts } from "../../../texts";
import { titleOfGroup } from "../../image/tags";

const SHOWN = 200;

/** Known tags, the newest versions first, while one types; any other may be typed as well. */
export function TagPicker({
  name,
  value,
  onChange,
  enabled,
}: {
  name: string;
  value: string;
  onChange: (tag: string) => void;
  enabled: boolean;
}) {
  const { data, error, isFetching } = useTags(name, enabled);
  const tags = data?.tags ?? [];
  const groups = (data?.groups ?? []).map((group) => ({
    group: titleOfGroup(group),
    items: group.tags,
  }));
  return (
    <Autocomplete
      label={texts.get.tag}
      description={error ? texts.get.noTags : data ? data.gap || texts.get.tagHint(tags.length) : texts.common.loading}
      inputWrapperOrder={["label", "input", "description", "error"]}
      data={groups}
      limit={SHOWN}
      value={value}
      onChange={onChange}
      filter={({ options, search, limit }) => {
        // The tag that is chosen stands in the field: the list then shows all, not only what contains it.
        const sought = tags.includes(search) ? "" : search.trim();
        let left = limit;
        return options.flatMap((option) => {
          if (!("group" in option)) return [];
          const items = option.items.filter((item) => String(item.value).includes(sought)).slice(0, left);
          left -= items.length;
          return items.length > 0 ? [{ ...option, items }] : [];
        });
      }}
      rightSection={isFetching ? <Loader size="xs" aria-label={texts.common.loading} /> : null}
      maxDropdownHeight={260}
    />
  );
}
