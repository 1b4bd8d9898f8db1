import { ActionIcon, Tooltip } from "@mantine/core";
import { IconLogout, IconServer } from "@tabler/icons-react";
import { useState } from "react";
import { useChange } from "../../api/actions";
import { call } from "../../api/client";
import { useRegistries } from "../../api/queries";
import type { Registry } from "../../api/schema";
import { Confirm } from "../../common/Confirm";
import { Failure } from "../../common/Failure";
import { Section } from "../../common/Section";
import { useIsAdmin } from "../../common/session";
import { said } from "../../common/toast";
import { oneLine } from "../../format/clean";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import { RegistryForm } from "./RegistryForm";
import classes from "./Settings.module.css";

const words = texts.registries;

/** Where one is signed in, and the way to sign in elsewhere. */
export function Registries() {
  const { data, error, refetch, isPending } = useRegistries();
  if (isPending) return <PageLoading />;
  if (!data) return <Failure error={error} again={() => void refetch()} />;
  return (
    <>
      <Section title={words.title} hint={words.hint}>
        {data.length === 0 ? (
          <p className={classes.quiet}>
            {words.empty}. {words.emptyHint}
          </p>
        ) : (
          <ul className={classes.list}>
            {data.map((registry) => (
              <RegistryRow key={`${registry.host} ${registry.source}`} registry={registry} />
            ))}
          </ul>
        )}
      </Section>
      <Section title={words.add}>
        <RegistryForm />
      </Section>
    </>
  );
}

function RegistryRow({ registry }: { registry: Registry }) {
  const admin = useIsAdmin();
  const [asked, setAsked] = useState(false);
  const host = oneLine(registry.host, 120);
  const leave = useChange("registries", async () => {
    await call("DELETE", `/registries/${encodeURIComponent(registry.host)}`).finally(() => setAsked(false));
    said(words.removed(host));
  });
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
      <Tooltip label={words.remove(host)}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={words.remove(host)}
          disabled={!admin}
          onClick={() => setAsked(true)}
        >
          <IconLogout size={18} />
        </ActionIcon>
      </Tooltip>
      <Confirm
        opened={asked}
        title={words.removeTitle(host)}
        action={words.out}
        busy={leave.isPending}
        onConfirm={() => leave.mutate(undefined)}
        onClose={() => setAsked(false)}
      >
        {words.removeHint}
      </Confirm>
    </li>
  );
}
