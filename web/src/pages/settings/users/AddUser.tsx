import { Button, TextInput } from "@mantine/core";
import { IconUserPlus } from "@tabler/icons-react";
import { useState } from "react";
import { call } from "../../../api/client";
import { client } from "../../../api/queries";
import type { Session } from "../../../api/schema";
import { NewPassword } from "../../../common/form/NewPassword";
import { Problem } from "../../../common/form/Problem";
import { useSubmit } from "../../../common/form/submit";
import { said } from "../../../common/toast";
import { welcomed } from "../../../shell/user/welcomed";
import { texts } from "../../../texts";
import classes from "../Settings.module.css";
import { type Role, RoleSelect } from "./RoleSelect";

const words = texts.users;

/** Adds a user. `first`: from then on everybody signs in, so whoever adds the first one is signed in as it. */
export function AddUser({ first }: { first: boolean }) {
  const [username, setUsername] = useState(first ? "admin" : "");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>("viewer");

  const { submit, busy, problem } = useSubmit(async () => {
    await call("POST", "/users", { username, password, role: first ? "administrator" : role });
    if (first) {
      welcomed.write();
      await call<Session>("POST", "/login", { username, password });
      await client.invalidateQueries({ queryKey: ["system"] });
    }
    said(username, words.created);
    setUsername("");
    setPassword("");
    setRole("viewer");
    await client.invalidateQueries({ queryKey: ["users"] });
  });

  return (
    <form className={classes.form} onSubmit={submit}>
      <TextInput
        label={words.name}
        autoComplete="off"
        autoCapitalize="none"
        value={username}
        onChange={(event) => setUsername(event.currentTarget.value)}
        required
        withAsterisk={false}
      />
      <NewPassword label={words.password} hint={words.passwordHint} value={password} onChange={setPassword} required />
      {!first && <RoleSelect value={role} onChange={setRole} />}
      <Problem said={problem} className={classes.whole} />
      <div className={classes.whole}>
        <Button type="submit" leftSection={<IconUserPlus size={17} />} loading={busy}>
          {words.addAction}
        </Button>
      </div>
    </form>
  );
}
