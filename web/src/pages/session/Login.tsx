import { Button, PasswordInput, TextInput } from "@mantine/core";
import { type FormEvent, useEffect, useState } from "react";
import { base, call } from "../../api/client";
import { client } from "../../api/queries";
import type { Session } from "../../api/types";
import { texts } from "../../texts";
import classes from "./session.module.css";

export default function Login() {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = `${texts.login.title} · ${texts.product}`;
  }, []);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await call<Session>("POST", "/login", { username, password });
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== "system" });
      await client.resetQueries({ queryKey: ["system"] });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setPassword("");
      setBusy(false);
    }
  }

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
        <div role="alert">{problem && <p className={classes.bad}>{problem}</p>}</div>
        <Button type="submit" loading={busy} size="md">
          {texts.login.action}
        </Button>
      </form>
      <p className={classes.hint}>{texts.login.forgot}</p>
    </section>
  );
}
