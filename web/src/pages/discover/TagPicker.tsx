import { Autocomplete, Loader } from "@mantine/core";
import { useTags } from "../../api/queries";
import { texts } from "../../texts";

const SHOWN = 100;

/** Known tags while one types; any other may be typed as well. */
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
  const tags = [...new Set(data?.tags ?? [])];
  return (
    <Autocomplete
      label={texts.get.tag}
      description={error ? texts.get.noTags : data ? data.gap || texts.get.tagHint(tags.length) : texts.common.loading}
      inputWrapperOrder={["label", "input", "description", "error"]}
      data={tags}
      limit={SHOWN}
      value={value}
      onChange={onChange}
      filter={({ options, search }) =>
        // The tag that is chosen stands in the field: the list then shows all, not only what contains it.
        tags.includes(search)
          ? options
          : options.filter((option) => "value" in option && String(option.value).includes(search.trim()))
      }
      rightSection={isFetching ? <Loader size="xs" aria-label={texts.common.loading} /> : null}
      maxDropdownHeight={260}
    />
  );
}
