import { Select } from "@mantine/core";
import { fits } from "../../../format/platform";
import { texts } from "../../../texts";
import classes from "../Discover.module.css";

/** The platforms of a tag; those that do not run here are dimmed. Empty means: as the host needs it. */
export function PlatformPicker({
  platforms,
  host,
  value,
  onChange,
}: {
  platforms: readonly string[];
  host: string;
  value: string;
  onChange: (platform: string) => void;
}) {
  const data = [
    { value: "", label: texts.get.automatic(host) },
    ...[...new Set(platforms)].map((one) => ({ value: one, label: words(one, host) })),
  ];
  return (
    <Select
      label={texts.get.platform}
      data={data}
      value={value}
      allowDeselect={false}
      onChange={(chosen) => onChange(chosen ?? "")}
      renderOption={({ option }) => (
        <span className={`upstream ${fits(option.value, host) ? "" : classes.dim}`}>{option.label}</span>
      )}
    />
  );
}

function words(platform: string, host: string): string {
  if (platform === host) return texts.get.host(platform);
  return fits(platform, host) ? platform : texts.get.foreign(platform);
}
