import { Button, Group, Modal, PasswordInput } from "@mantine/core";
import { useState } from "react";
import { call } from "../../api/client";
import { client } from "../../api/queries";
import type { Session } from "../../api/schema";
import { NewPassword } from "../../common/form/NewPassword";
import { Problem } from "../../common/form/Problem";
import { useSubmit } from "../../common/form/submit";
import { useThisSystem } from "../../common/session";
import { said } from "../../common/toast";
import { texts } from "../../texts";
import classes from "./OwnPassword.module.css";

const words = texts.ownPassword;

/** A new password of one's own: it signs out everywhere, but here one is signed in with it at once. */
export default function OwnPassword({ close }: { close: () => void }) {
  const { username } = useThisSystem();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const { submit, busy, problem } = useSubmit(async () => {
    await call("PATCH", `/users/${encodeURIComponent(username)}`, { password, current_password: current });
    await call<Session>("POST", "/login", { username, password });
    said(words.changed);
    close();
    await client.invalidateQueries({ queryKey: ["system"] });
  });
  return (
    <Modal opened onClose={close} title={words.title} closeButtonProps={{ "aria-label": texts.common.close }}>
      <form className={classes.form} onSubmit={submit}>
        <input type="text" autoComplete="username" value={username} readOnly hidden />
        <PasswordInput
          label={words.current}
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": texts.login.show }}
          required
          withAsterisk={false}
          data-autofocus
        />
        <NewPassword label={words.password} hint={words.hint} value={password} onChange={setPassword} required />
        <Problem said={problem} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={close}>
            {texts.common.cancel}
          </Button>
          <Button type="submit" loading={busy}>
            {texts.common.save}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
