import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { base, call } from "../../api/client";
import { client } from "../../api/queries";
import type { Session } from "../../api/schema";
import { Words } from "../../common/code/Words";
import { Problem } from "../../common/form/Problem";
import { useSubmit } from "../../common/form/submit";
import { titlePage } from "../../common/page/title";
import { texts } from "../../texts";
import { OpenIdButton } from "./OpenIdButton";
import classes from "./session.module.css";

export default function Login() {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  useEffect(() => {
    titlePage(texts.login.title);
  }, []);

  const { submit, busy, problem } = useSubmit(async () => {
    try {
      await call<Session>("POST", "/login", { username, password });
    } catch (error) {
      setPassword("");
      throw error;
    }
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== "system" });
    await client.resetQueries({ queryKey: ["system"] });
  });

  return (
    <section className={`card ${classes.card}`}>
      <div className={classes.brand}>
        <img src={`${base}favicon.svg`} alt="" />
        <div>
          <h1>{texts.login.title}</h1>
          <p>{texts.product}</p>
        </div>
      </div>
      <form className={classes.form} onSubmit={submit}>
        <TextInput
          label={texts.login.username}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          value={username}
          onChange={(event) => setUsername(event.currentTarget.value)}
          required
          withAsterisk={false}
          data-autofocus
        />
        <PasswordInput
          label={texts.login.password}
          name="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": texts.login.show }}
          required
          withAsterisk={false}
        />
        <Problem said={problem} />
        <Button type="submit" loading={busy} size="md">
          {texts.login.action}
        </Button>
      </form>
      <OpenIdButton />
      <p className={classes.hint}>
        <Words>{texts.login.forgot}</Words>
      </p>
    </section>
  );
}
