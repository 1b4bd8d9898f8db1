import { Button, PasswordInput, TextInput } from "@mantine/core";
import { IconLogin2 } from "@tabler/icons-react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { call } from "../../../api/client";
import { client } from "../../../api/queries";
import { Problem } from "../../../common/form/Problem";
import { useSubmit } from "../../../common/form/submit";
import { said } from "../../../common/toast";
import { texts } from "../../../texts";
import classes from "../Settings.module.css";

const words = texts.registries;
const NOTHING = { host: "", username: "", password: "" };

/** Checks a login with its registry, and keeps it. */
export function RegistryForm() {
  const [search] = useSearchParams();
  const [typed, setTyped] = useState({ ...NOTHING, host: search.get("host") ?? "" });
  const set = (part: Partial<typeof NOTHING>) => setTyped((before) => ({ ...before, ...part }));

  const { submit, busy, problem } = useSubmit(async () => {
    const { username, password } = typed;
    const host = typed.host.trim();
    await call("PUT", `/registries/${encodeURIComponent(host)}`, { username, password });
    said(words.saved(host));
    setTyped(NOTHING);
    await client.invalidateQueries({ queryKey: ["registries"] });
  });

  return (
    <form className={classes.form} onSubmit={submit}>
      <TextInput
        className={classes.whole}
        label={words.host}
        placeholder={words.hostHint}
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        value={typed.host}
        onChange={(event) => set({ host: event.currentTarget.value })}
        required
        withAsterisk={false}
      />
      <TextInput
        label={words.username}
        autoComplete="off"
        autoCapitalize="none"
        value={typed.username}
        onChange={(event) => set({ username: event.currentTarget.value })}
        required
        withAsterisk={false}
      />
      <PasswordInput
        label={words.password}
        autoComplete="off"
        value={typed.password}
        onChange={(event) => set({ password: event.currentTarget.value })}
        visibilityToggleButtonProps={{ "aria-label": texts.login.show }}
        required
        withAsterisk={false}
      />
      <Problem said={problem} className={classes.whole} />
      <div className={classes.whole}>
        <Button type="submit" leftSection={<IconLogin2 size={17} />} loading={busy}>
          {words.action}
        </Button>
      </div>
    </form>
  );
}
