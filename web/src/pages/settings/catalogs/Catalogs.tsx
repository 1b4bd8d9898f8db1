import { Button, TextInput } from "@mantine/core";
import { IconBooks, IconPlus, IconRefresh } from "@tabler/icons-react";
import { useState } from "react";
import { useChange } from "../../../api/actions";
import { call } from "../../../api/client";
import { client, useCatalogs, useSettings } from "../../../api/queries";
import { Problem } from "../../../common/form/Problem";
import { useSubmit } from "../../../common/form/submit";
import { Failure } from "../../../common/notes/Failure";
import { Notice } from "../../../common/notes/Notice";
import { Section } from "../../../common/page/Section";
import { said } from "../../../common/toast";
import { PageLoading } from "../../../shell/PageLoading";
import { texts } from "../../../texts";
import classes from "../Settings.module.css";
import { CatalogRow } from "./CatalogRow";
import { refreshAppCenter } from "./refreshAppCenter";

const words = texts.catalogs;

export function Catalogs() {
  const { data, error, refetch, isPending } = useCatalogs();
  const { data: settings } = useSettings();
  const refresh = useChange("catalogs", async () => {
    await call("POST", "/catalogs/refresh");
    said(words.refreshed);
    refreshAppCenter();
  });
  if (isPending) return <PageLoading />;
  if (!data) return <Failure error={error} again={() => void refetch()} />;
  const locked = settings?.find((one) => one.name === "IMAGEDEPOT_CATALOGS")?.read_only ?? false;
  return (
    <>
      <Section
        title={words.title}
        hint={words.hint}
        action={
          <Button
            variant="default"
            leftSection={<IconRefresh size={17} />}
            disabled={data.length === 0}
            loading={refresh.isPending}
            onClick={() => refresh.mutate(undefined)}
          >
            {words.refresh}
          </Button>
        }
      >
        {data.length === 0 ? (
          <Notice icon={<IconBooks size={30} />} title={words.empty} hint={words.emptyHint} />
        ) : (
          <ul className={classes.list}>
            {data.map((catalog) => (
              <CatalogRow key={catalog.address} catalog={catalog} locked={locked} />
            ))}
          </ul>
        )}
      </Section>
      <Section title={words.add}>{locked ? <p className={classes.quiet}>{words.locked}</p> : <AddCatalog />}</Section>
    </>
  );
}

function AddCatalog() {
  const [address, setAddress] = useState("");

  const { submit, busy, problem } = useSubmit(async () => {
    try {
      await call("POST", "/catalogs", { address: address.trim() });
    } finally {
      await client.invalidateQueries({
        predicate: ({ queryKey }) => ["catalogs", "settings"].includes(String(queryKey[0])),
      });
    }
    said(address.trim(), words.added);
    setAddress("");
    refreshAppCenter();
  });

  return (
    <form className={classes.form} onSubmit={submit}>
      <div className={`${classes.whole} ${classes.wideField}`}>
        <TextInput
          label={words.address}
          description={words.addressHint}
          placeholder="https://images.linuxcontainers.org"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          value={address}
          onChange={(event) => setAddress(event.currentTarget.value)}
        />
        <Button type="submit" leftSection={<IconPlus size={17} />} disabled={address.trim() === ""} loading={busy}>
          {words.addAction}
        </Button>
      </div>
      <Problem said={problem} className={classes.whole} />
    </form>
  );
}
