import { Button } from "@mantine/core";
import { useState } from "react";
import { call } from "../../api/client";
import { client } from "../../api/queries";
import type { Session } from "../../api/schema";
import { Problem } from "../../common/form/Problem";
import { useSubmit } from "../../common/form/submit";
import { welcomed } from "../../shell/user/welcomed";
import { texts } from "../../texts";
import { AccountFields } from "./AccountFields";
import classes from "./session.module.css";

/** Creates the first user and signs in as it, so that the next call has a session. */
export function AdministratorForm({ created }: { created: (username: string) => void }) {
  const [username, setUsername] = useState("admin");
  const [password, setPassword] = useState("");

  const { submit, busy, problem } = useSubmit(async () => {
    welcomed.begin();
    await call("POST", "/users", { username, password, role: "administrator" });
    await call<Session>("POST", "/login", { username, password });
    created(username);
    await client.invalidateQueries({ queryKey: ["system"] });
  });

  return (
    <form className={classes.form} onSubmit={submit}>
      <AccountFields username={username} setUsername={setUsername} password={password} setPassword={setPassword} />
      <Problem said={problem} />
      <Button type="submit" loading={busy}>
        {texts.welcome.create}
      </Button>
    </form>
  );
}
