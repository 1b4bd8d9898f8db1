import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconAlertTriangle, IconCheck, IconInfoCircle, IconScript } from "@tabler/icons-react";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { useClientConfig } from "../../api/queries";
import type { Client, ClientConfig, ConfigFile } from "../../api/schema";
import { Code } from "../../common/code/Code";
import { copy } from "../../common/code/copy";
import { Callout } from "../../common/notes/Callout";
import { Failure } from "../../common/notes/Failure";
import { Section } from "../../common/page/Section";
import { useThisSystem } from "../../common/session";
import { failed, said } from "../../common/toast";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import classes from "./Mirror.module.css";
import { TestClient } from "./TestClient";

const words = texts.machines;
const CLIENTS = Object.keys(words.clients) as Client[];
const TYPING = 400;

/** The exact files for another machine, and a way to see that they work. */
export function Machines() {
  const [search] = useSearchParams();
  const asked = search.get("client") as Client;
  const client = CLIENTS.includes(asked) ? asked : "docker";
  const [address, setAddress] = useState("");
  const [settled] = useDebouncedValue(address.trim(), TYPING);
  const { data, error, refetch, isPlaceholderData } = useClientConfig(client, settled);
  const wrong = error && settled ? error.message : null;
  return (
    <div className={classes.page}>
      <Section title={words.title}>
        <ul className={classes.clients} aria-label={words.title}>
          {CLIENTS.map((name) => (
            <li key={name}>
              <Link
                to={`?client=${name}`}
                replace
                preventScrollReset
                aria-current={name === client ? "true" : undefined}
              >
                <b>{words.clients[name].name}</b>
                <span>{words.clients[name].hint}</span>
              </Link>
            </li>
          ))}
        </ul>
        <TextInput
          className={classes.address}
          label={words.address}
          description={words.addressHint}
          placeholder={data && !settled ? data.address : window.location.origin}
          type="url"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          value={address}
          error={wrong}
          onChange={(event) => setAddress(event.currentTarget.value)}
        />
        <div className={classes.warnings}>
          {data?.warnings.map((warning) => (
            <Callout key={warning} tone="amber" role="note" icon={<IconAlertTriangle size={20} aria-hidden />}>
              {warning}
            </Callout>
          ))}
        </div>
      </Section>
      {data && !wrong ? (
        <div data-settled={!isPlaceholderData || undefined} className={classes.steps}>
          <Steps key={client} config={data} />
        </div>
      ) : error && !wrong ? (
        <Failure error={error} again={() => void refetch()} />
      ) : (
        !wrong && <PageLoading />
      )}
    </div>
  );
}

function Steps({ config }: { config: ClientConfig }) {
  const { users_defined } = useThisSystem();
  const [first, ...others] = config.files;
  return (
    <>
      <Section
        title={words.configure}
        hint={words.configureHint}
        action={
          <Button
            variant="default"
            leftSection={<IconScript size={17} />}
            title={words.scriptHint}
            onClick={() => copy(config.script).then(() => said(words.scriptHint, texts.common.copied), failed)}
          >
            {words.script}
          </Button>
        }
      >
        {first && <File file={first} />}
        {others.length > 0 && (
          <details className={classes.more}>
            <summary>{words.more(others.length)}</summary>
            {others.map((file) => (
              <File key={file.path} file={file} />
            ))}
          </details>
        )}
      </Section>
      <Section title={words.apply}>
        <div className={classes.apply}>
          {config.apply ? (
            <Code text={config.apply} label={words.apply} />
          ) : (
            <p className={classes.quiet}>{words.nothingToApply}</p>
          )}
          {users_defined && config.login && (
            <>
              <p className={classes.quiet}>
                {words.login} <Link to="/settings/tokens">{words.loginTokens}</Link>
              </p>
              <Code text={config.login} label={words.login} />
            </>
          )}
        </div>
      </Section>
      <TestClient attempt={config.attempt} />
      <Section title={texts.machines.clients[config.client].name}>
        <ul className={classes.abilities}>
          {config.can.map((sentence) => (
            <li key={sentence}>
              <IconCheck size={18} aria-label={words.can} />
              <span className="upstream">{sentence}</span>
            </li>
          ))}
          {config.cannot.map((sentence) => (
            <li key={sentence} data-not>
              <IconInfoCircle size={18} aria-label={words.cannot} />
              <span className="upstream">{sentence}</span>
            </li>
          ))}
        </ul>
      </Section>
    </>
  );
}

function File({ file }: { file: ConfigFile }) {
  return (
    <div className={classes.file}>
      <p>
        <b className="mono upstream">{file.path}</b>
        <span className={classes.quiet}>{file.merged ? words.merged : words.created}</span>
      </p>
      <Code text={file.content.trimEnd()} label={words.file(file.path)} tallest="320px" />
    </div>
  );
}
