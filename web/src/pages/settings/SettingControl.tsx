import { Button, Select, Switch, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Setting } from "../../api/schema";
import { texts } from "../../texts";
import { controlOf, LOG_LEVELS } from "./groups";
import classes from "./Settings.module.css";

const words = texts.settings;

interface Props {
  setting: Setting;
  name: string;
  busy: boolean;
  disabled: boolean;
  save: (value: string) => void;
}

/** What changes a setting; a text is saved by its button or the Enter key, everything else at once. */
export function SettingControl({ setting, name, busy, disabled, save }: Props) {
  const control = controlOf(setting);
  if (control === "switch") {
    const on = setting.value === "yes";
    return (
      <Switch
        aria-label={name}
        label={on ? words.yes : words.no}
        checked={on}
        disabled={disabled || busy}
        onChange={(event) => save(event.currentTarget.checked ? "yes" : "no")}
      />
    );
  }
  if (control === "level") {
    return (
      <Select
        className={classes.field}
        aria-label={name}
        data={LOG_LEVELS}
        value={setting.value}
        allowDeselect={false}
        disabled={disabled || busy}
        onChange={(value) => value && save(value)}
      />
    );
  }
  return <TextSetting setting={setting} name={name} busy={busy} disabled={disabled} save={save} />;
}

function TextSetting({ setting, name, busy, disabled, save }: Props) {
  const [typed, setTyped] = useState(setting.value);
  const changed = typed.trim() !== setting.value;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (changed) save(typed.trim());
  };
  return (
    <form className={classes.value} onSubmit={submit}>
      <TextInput
        className={classes.field}
        aria-label={name}
        placeholder={words.placeholders[setting.name] ?? (setting.default || words.noValue)}
        inputMode={controlOf(setting) === "number" ? "numeric" : "text"}
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        value={typed}
        disabled={disabled}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <Button
        type="submit"
        variant={changed ? "filled" : "default"}
        disabled={disabled || !changed}
        loading={busy}
        aria-label={words.saveName(name)}
      >
        {texts.common.save}
      </Button>
    </form>
  );
}
