import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { base, call } from "../../api/client";
import { client } from "../../api/queries";
import type { Session } from "../../api/schema";
import { Problem } from "../../common/form/Problem";
import { titlePage } from "../../common/page/title";
import { texts } from "../../texts";
import classes from "./session.module.css";

/** Where the identity provider sends the browser back to: with a code, or with a reason. */
export default function SignedIn() {
  const [problem, setProblem] = useState("");
  const navigate = useNavigate();
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return; // a code works once
    begun.current = true;
    titlePage(texts.login.title);
    const query = new URLSearchParams(location.search);
    history.replaceState(history.state, "", location.pathname);
    void finish(query).then(
      async () => {
        await navigate("/", { replace: true });
        client.removeQueries({ predicate: (each) => each.queryKey[0] !== "system" });
        await client.resetQueries({ queryKey: ["system"] });
      },
      (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
    );
  }, [navigate]);
  return (
    <section className={`card ${classes.card}`}>
      <div className={classes.brand}>
        <img src={`${base}favicon.svg`} alt="" />
        <div>
          <h1>{texts.login.title}</h1>
          <p>{problem ? texts.login.failed : texts.login.finishing}</p>
        </div>
      </div>
      <Problem said={problem} />
      {problem && <Button onClick={() => void navigate("/", { replace: true })}>{texts.login.again}</Button>}
    </section>
  );
}

async function finish(query: URLSearchParams): Promise<void> {
  const code = query.get("code");
  const state = query.get("state");
  if (!code || !state)
    throw new Error(query.get("error") === "access_denied" ? texts.login.denied : texts.login.nothing);
  await call<Session>("POST", "/session/openid/finish", { code, state });
}
