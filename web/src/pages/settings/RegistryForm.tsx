import { Button, PasswordInput, TextInput } from "@mantine/core";
import { IconLogin2 } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { call } from "../../api/client";
import { client } from "../../api/queries";
import { useIsAdmin } from "../../common/session";
import { said } from "../../common/toast";
import { texts } from "../../texts";
import classes from "./Settings.module.css";

const words = texts.registries;
const NOTHING = { host: "", username: "", password: "" };

/** Checks a login with its registry, and keeps it. */
export function RegistryForm() {
  const admin = useIsAdmin();
  const [typed, setTyped] = useState(NOTHING);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const set = (part: Partial<typeof NOTHING>) => setTyped((before) => ({ ...before, ...part }));

  async function submit(event: FormEvent) {
    event.preventDefault();
    const host = typed.host.trim();
    setBusy(true);
    setProblem("");
    try {
      const { username, password } = typed;
      await call("PUT", `/registries/${encodeURIComponent(host)}`, { username, password });
      said(words.saved(host));
      setTyped(NOTHING);
      await client.invalidateQueries({ queryKey: ["registries"] });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  }

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
      <div className={classes.whole} role="alert">
        {problem && <p className={`upstream ${classes.problem}`}>{problem}</p>}
      </div>
      <div className={classes.whole}>
        <Button type="submit" leftSection={<IconLogin2 size={17} />} disabled={!admin} loading={busy}>
          {words.action}
        </Button>
      </div>
    </form>
  );
}
