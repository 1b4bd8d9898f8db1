import { IconLogout, IconServer } from "@tabler/icons-react";
import { call } from "../../../api/client";
import { useRegistries } from "../../../api/queries";
import type { Registry } from "../../../api/schema";
import { ConfirmButton } from "../../../common/form/ConfirmButton";
import { Failure } from "../../../common/notes/Failure";
import { Section } from "../../../common/page/Section";
import { said } from "../../../common/toast";
import { oneLine } from "../../../format/clean";
import { PageLoading } from "../../../shell/PageLoading";
import { texts } from "../../../texts";
import { Rows } from "../Rows";
import classes from "../Settings.module.css";
import { RegistryForm } from "./RegistryForm";

const words = texts.registries;

/** Where one is signed in, and the way to sign in elsewhere. */
export function Registries() {
  const { data, error, refetch, isPending } = useRegistries();
  if (isPending) return <PageLoading />;
  if (!data) return <Failure error={error} again={() => void refetch()} />;
  return (
    <>
      <Section title={words.title} hint={words.hint}>
        <Rows empty={`${words.empty}. ${words.emptyHint}`}>
          {data.map((registry) => (
            <RegistryRow key={`${registry.host} ${registry.source}`} registry={registry} />
          ))}
        </Rows>
      </Section>
      <Section title={words.add}>
        <RegistryForm />
      </Section>
    </>
  );
}

function RegistryRow({ registry }: { registry: Registry }) {
  const host = oneLine(registry.host, 120);
  const leave = async () => {
    await call("DELETE", `/registries/${encodeURIComponent(registry.host)}`);
    said(words.removed(host));
  };
  return (
    <li className={classes.row}>
      <span className={classes.mark} aria-hidden="true">
        <IconServer size={21} />
      </span>
      <div className={classes.words}>
        <strong className="upstream">{host}</strong>
        <span className={`upstream ${classes.quiet}`}>
          {[oneLine(registry.username, 80), registry.source && words.from(oneLine(registry.source, 200))]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </div>
      <ConfirmButton
        Icon={IconLogout}
        label={words.remove(host)}
        title={words.removeTitle(host)}
        hint={words.removeHint}
        action={words.out}
        list="registries"
        work={leave}
      />
    </li>
  );
}
