import { Button, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { ApiError, base, call } from "../../api/client";
import { client } from "../../api/queries";
import type { Session } from "../../api/schema";
import { Problem } from "../../common/form/Problem";
import { useSubmit } from "../../common/form/submit";
import { titlePage } from "../../common/page/title";
import { welcomed } from "../../shell/user/welcomed";
import { texts } from "../../texts";
import { AccountFields } from "./AccountFields";
import { codeOf } from "./code";
import classes from "./session.module.css";

/** All that a service without a user shows to other machines: the administrator is created with the code of its start. */
export default function Setup() {
  const [linked] = useState(() => codeOf(location.hash));
  const [code, setCode] = useState(linked);
  const [username, setUsername] = useState("admin");
  const [password, setPassword] = useState("");
  const navigate = useNavigate();
  useEffect(() => {
    titlePage(texts.welcome.title);
    // The code stays neither in the address bar nor in the history.
    if (location.hash) history.replaceState(history.state, "", location.pathname);
  }, []);

  const { submit, busy, problem } = useSubmit(async () => {
    welcomed.begin();
    try {
      await call<Session>("POST", "/session/setup", { code, username, password });
    } catch (error) {
      // Another visitor was faster: there is a user now, and this is the page to sign in.
      if (error instanceof ApiError && error.status === 409) await client.resetQueries({ queryKey: ["system"] });
      throw error;
    }
    void navigate("/", { replace: true });
    await client.resetQueries({ queryKey: ["system"] });
  });

  return (
    <section className={`card ${classes.card} ${classes.wide}`}>
      <div className={classes.brand}>
        <img src={`${base}favicon.svg`} alt="" />
        <div>
          <h1>{texts.welcome.title}</h1>
          <p>{texts.welcome.lead}</p>
        </div>
      </div>
      <form className={classes.form} onSubmit={submit}>
        <p className={classes.lead}>{linked ? texts.setup.linked : texts.setup.typed}</p>
        <TextInput
          label={texts.setup.code}
          description={texts.setup.codeHint}
          inputWrapperOrder={["label", "input", "description", "error"]}
          classNames={{ input: "mono" }}
          autoComplete="one-time-code"
          autoCapitalize="characters"
          spellCheck={false}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          required
          withAsterisk={false}
        />
        <AccountFields username={username} setUsername={setUsername} password={password} setPassword={setPassword} />
        <Problem said={problem} />
        <Button type="submit" size="md" loading={busy}>
          {texts.welcome.create}
        </Button>
      </form>
    </section>
  );
}
