import { Button, Group, Modal, PasswordInput, Switch } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { call } from "../../api/client";
import { client } from "../../api/queries";
import type { Session, User } from "../../api/types";
import { useThisSystem } from "../../common/session";
import { said } from "../../common/toast";
import { texts } from "../../texts";
import classes from "./Settings.module.css";

const words = texts.users;

/** A new password, another role. Whoever changes their own password is signed in with it at once. */
export function ChangeUser({ user, close }: { user: User; close: () => void }) {
  const { username: me } = useThisSystem();
  const [password, setPassword] = useState("");
  const [admin, setAdmin] = useState(user.is_admin);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const changes = {
    ...(password ? { password } : {}),
    ...(admin === user.is_admin ? {} : { is_admin: admin }),
  };

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await call("PATCH", `/users/${encodeURIComponent(user.username)}`, changes);
      if (password && user.username === me) await call<Session>("POST", "/login", { username: me, password });
      said(user.username, words.changed);
      close();
      await client.invalidateQueries({
        predicate: ({ queryKey }) => ["users", "system"].includes(String(queryKey[0])),
      });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  }

  return (
    <Modal
      opened
      onClose={close}
      title={words.change(user.username)}
      closeButtonProps={{ "aria-label": texts.common.close }}
    >
      <form className={classes.form} onSubmit={submit}>
        <PasswordInput
          className={classes.whole}
          label={words.newPassword}
          description={words.newPasswordHint}
          inputWrapperOrder={["label", "input", "description", "error"]}
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": texts.login.show }}
          minLength={8}
          data-autofocus
        />
        <Switch
          className={classes.whole}
          label={words.admin}
          description={words.adminHint}
          checked={admin}
          onChange={(event) => setAdmin(event.currentTarget.checked)}
        />
        <div className={classes.whole} role="alert">
          {problem && <p className={classes.problem}>{problem}</p>}
        </div>
        <Group className={classes.whole} justify="flex-end" gap="sm">
          <Button variant="default" onClick={close}>
            {texts.common.cancel}
          </Button>
          <Button type="submit" loading={busy} disabled={Object.keys(changes).length === 0}>
            {texts.common.save}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
