import { Button } from "@mantine/core";
import { IconCheck, IconEngine, IconShieldLock } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { base } from "../../api/client";
import { Code } from "../../common/code/Code";
import { Callout } from "../../common/notes/Callout";
import { titlePage } from "../../common/page/title";
import { useThisSystem } from "../../common/session";
import { texts } from "../../texts";
import { AdministratorForm } from "./AdministratorForm";
import { EngineOffer } from "./EngineOffer";
import classes from "./session.module.css";

/** What a first visit meets: who may come in, and which engine to work with. */
export default function Welcome({ finish }: { finish: () => void }) {
  const { engines_seen, users_defined, username } = useThisSystem();
  // One that is chosen is offered no more, and its answer stays to be read.
  const [offered] = useState(engines_seen);
  // Who comes from setup mode is the administrator already.
  const [administrator, setAdministrator] = useState(users_defined ? username : "");
  const navigate = useNavigate();
  useEffect(() => {
    titlePage(texts.welcome.title);
  }, []);
  const start = () => {
    finish();
    void navigate("/discover/appcenter");
  };
  return (
    <section className={`card ${classes.card} ${classes.wide}`}>
      <div className={classes.brand}>
        <img src={`${base}favicon.svg`} alt="" />
        <div>
          <h1>{texts.welcome.title}</h1>
          <p>{texts.welcome.lead}</p>
        </div>
      </div>
      <div className={classes.step}>
        <h2>
          <IconShieldLock size={20} aria-hidden />
          {texts.welcome.accountTitle}
        </h2>
        {administrator ? (
          <Callout tone="accent" role="status" icon={<IconCheck size={20} aria-hidden />}>
            {texts.welcome.created(administrator)}
          </Callout>
        ) : (
          <>
            <p>
              {texts.welcome.account} {texts.welcome.reach}
            </p>
            <Code text={texts.welcome.reachCommand} label={texts.welcome.reachLabel} />
            <AdministratorForm created={setAdministrator} />
          </>
        )}
      </div>
      {offered.length > 0 && (
        <div className={classes.step}>
          <h2>
            <IconEngine size={20} aria-hidden />
            {texts.welcome.engineTitle}
          </h2>
          {offered.map((engine) => (
            <EngineOffer key={`${engine.kind} ${engine.address}`} engine={engine} />
          ))}
          <p>{texts.welcome.engineKeep}</p>
        </div>
      )}
      <div className={classes.end}>
        <span className={classes.hint}>{texts.welcome.startHint}</span>
        <Button variant={administrator ? "filled" : "subtle"} onClick={start}>
          {administrator ? texts.welcome.start : texts.welcome.skip}
        </Button>
      </div>
    </section>
  );
}
