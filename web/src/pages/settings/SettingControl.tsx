import { Button, Select, Switch, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Setting } from "../../api/schema";
import { texts } from "../../texts";
import { controlOf, LOG_LEVELS } from "./groups";
import classes from "./Settings.module.css";
import { wrongNumber } from "./value";

const words = texts.settings;

interface Props {
  setting: Setting;
  name: string;
  busy: boolean;
  disabled: boolean;
  /** Why the last change was refused; "" when it was not. */
  problem: string;
  save: (value: string) => void;
  /** What was refused is being mended. */
  mend: () => void;
}

/** What changes a setting; a text is saved by its button or the Enter key, everything else at once. */
export function SettingControl(props: Props) {
  const { setting, name, busy, disabled, problem, save } = props;
  const error = problem && <Why said={problem} />;
  const control = controlOf(setting);
  if (control === "switch") {
    const on = setting.value === "yes";
    return (
      <Switch
        aria-label={name}
        label={on ? words.yes : words.no}
        checked={on}
        disabled={disabled || busy}
        error={error}
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
        error={error}
        onChange={(value) => value && save(value)}
      />
    );
  }
  return <TextSetting {...props} />;
}

function Why({ said }: { said: string }) {
  return <span role="alert">{said}</span>;
}

function TextSetting({ setting, name, busy, disabled, problem, save, mend }: Props) {
  const [typed, setTyped] = useState(setting.value);
  const [wrong, setWrong] = useState("");
  const number = controlOf(setting) === "number";
  const changed = typed.trim() !== setting.value;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!changed) return;
    const reason = number ? wrongNumber(typed.trim(), setting) : "";
    setWrong(reason);
    if (!reason) save(typed.trim());
  };
  const said = wrong || problem;
  return (
    <form className={classes.value} onSubmit={submit} noValidate>
      <TextInput
        className={classes.field}
        aria-label={name}
        placeholder={words.placeholders[setting.name] ?? (setting.default || words.noValue)}
        {...(number && {
          type: "number",
          min: setting.lowest ?? undefined,
          max: setting.highest ?? undefined,
          step: 1,
        })}
        error={said && <Why said={said} />}
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        value={typed}
        disabled={disabled}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setWrong("");
          mend();
        }}
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
