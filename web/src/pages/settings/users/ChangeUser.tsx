import { Button, Group, Modal } from "@mantine/core";
import { useState } from "react";
import { call } from "../../../api/client";
import { client } from "../../../api/queries";
import type { Session, User } from "../../../api/schema";
import { NewPassword } from "../../../common/form/NewPassword";
import { Problem } from "../../../common/form/Problem";
import { useSubmit } from "../../../common/form/submit";
import { useThisSystem } from "../../../common/session";
import { said } from "../../../common/toast";
import { texts } from "../../../texts";
import classes from "../Settings.module.css";
import { RoleSelect } from "./RoleSelect";

const words = texts.users;

/** A new password, another role. Whoever changes their own password is signed in with it at once. */
export function ChangeUser({ user, close }: { user: User; close: () => void }) {
  const { username: me } = useThisSystem();
  const [password, setPassword] = useState("");
  const [role, setRole] = useState(user.role);
  const changes = {
    ...(password ? { password } : {}),
    ...(role === user.role ? {} : { role }),
  };

  const { submit, busy, problem } = useSubmit(async () => {
    await call("PATCH", `/users/${encodeURIComponent(user.username)}`, changes);
    if (password && user.username === me) await call<Session>("POST", "/login", { username: me, password });
    said(user.username, words.changed);
    close();
    await client.invalidateQueries({
      predicate: ({ queryKey }) => ["users", "system"].includes(String(queryKey[0])),
    });
  });

  return (
    <Modal
      opened
      onClose={close}
      title={words.change(user.username)}
      closeButtonProps={{ "aria-label": texts.common.close }}
    >
      <form className={classes.form} onSubmit={submit}>
        <NewPassword
          className={classes.whole}
          label={words.newPassword}
          hint={words.newPasswordHint}
          value={password}
          onChange={setPassword}
          data-autofocus
        />
        <RoleSelect value={role} onChange={setRole} />
        <Problem said={problem} className={classes.whole} />
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
