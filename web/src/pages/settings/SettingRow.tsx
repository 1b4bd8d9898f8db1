import { ActionIcon, Tooltip } from "@mantine/core";
import { IconLock, IconRestore } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { call } from "../../api/client";
import { client } from "../../api/queries";
import type { Setting } from "../../api/schema";
import { Chip } from "../../common/marks/Chip";
import { useIsAdmin } from "../../common/session";
import { said } from "../../common/toast";
import { oneLine } from "../../format/clean";
import { texts } from "../../texts";
import { SettingControl } from "./SettingControl";
import classes from "./Settings.module.css";
import { atField } from "./value";

const words = texts.settings;

export const nameOf = (setting: Pick<Setting, "name">): string => words.names[setting.name] ?? setting.name;

/** One setting: what it means, where its value came from, and the way to change it, if there is one. */
export function SettingRow({ setting }: { setting: Setting }) {
  const admin = useIsAdmin();
  const change = useMutation({
    mutationFn: (value: string | null) =>
      value === null
        ? call("DELETE", `/settings/${setting.name}`)
        : call("PUT", `/settings/${setting.name}`, { value }),
    onSuccess: () => said(setting.restart ? words.restart : words.saved, nameOf(setting)),
    onSettled: () => client.invalidateQueries({ queryKey: ["settings"] }),
  });
  const locked = words.lockedBy[setting.source];
  const name = nameOf(setting);
  return (
    <li className={classes.row}>
      <div className={classes.words}>
        <strong>{name}</strong>
        <span className={classes.quiet}>{setting.meaning}</span>
        {setting.read_only && locked && <span className={classes.quiet}>{locked}</span>}
        <span className={classes.chips}>
          <Chip tone="line">
            <span className="mono">{setting.name}</span>
          </Chip>
          {setting.source !== "default" && (
            <Chip tone={setting.source === "runtime" ? "accent" : "plain"}>{words.sources[setting.source]}</Chip>
          )}
        </span>
      </div>
      <div className={classes.value}>
        {setting.read_only ? (
          <span className={classes.fixed}>
            <span className="mono upstream">{oneLine(setting.value, 300) || words.noValue}</span>
            <IconLock size={17} role="img" aria-label={words.readOnly} />
          </span>
        ) : (
          <SettingControl
            key={setting.value}
            setting={setting}
            name={name}
            busy={change.isPending}
            disabled={!admin}
            problem={change.error ? atField(change.error.message, setting.name) : ""}
            save={change.mutate}
            mend={() => {
              if (change.isError) change.reset();
            }}
          />
        )}
        {!setting.read_only && setting.source === "runtime" && (
          <Tooltip label={words.reset(name)}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              aria-label={words.reset(name)}
              disabled={!admin || change.isPending}
              onClick={() => change.mutate(null)}
            >
              <IconRestore size={18} />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
    </li>
  );
}
