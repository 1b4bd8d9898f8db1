import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { address } from "../../api/client";
import { Failure } from "../../common/notes/Failure";
import { Section } from "../../common/page/Section";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import settings from "../settings/Settings.module.css";
import classes from "./Audit.module.css";
import { AuditRow } from "./AuditRow";
import { ACTIONS, EVERYTHING, type Filters, queryOf } from "./filters";
import { useAudit } from "./queries";

const words = texts.audit;
const ACTION_CHOICES = [
  { value: "", label: words.everything },
  ...ACTIONS.map((action) => ({ value: action, label: words.actions[action] })),
];
const OUTCOME_CHOICES = [
  { value: "", label: words.everything },
  ...Object.entries(words.outcomes).map(([value, label]) => ({ value, label })),
];

/** Who did what, for administrators: filtered, page by page, and as a file. */
export function Audit() {
  const [filters, setFilters] = useState<Filters>(EVERYTHING);
  const [asked] = useDebouncedValue(filters, 250);
  const { data, error, refetch, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useAudit(asked);
  const events = data?.pages.flat() ?? [];
  return (
    <Section title={words.title} hint={words.hint} action={<Exports filters={asked} />}>
      <FilterFields filters={filters} onChange={(change) => setFilters({ ...filters, ...change })} />
      {error && <Failure error={error} again={() => void refetch()} />}
      {isPending && <PageLoading />}
      {data && events.length === 0 && <p className={settings.quiet}>{words.empty}</p>}
      <ul className={settings.list}>
        {events.map((event) => (
          <AuditRow key={event.id} event={event} />
        ))}
      </ul>
      {hasNextPage && (
        <Button
          className={classes.more}
          variant="default"
          loading={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          {words.more}
        </Button>
      )}
    </Section>
  );
}

function Exports({ filters }: { filters: Filters }) {
  return (
    <div className={settings.actions}>
      {(["csv", "json"] as const).map((kind) => (
        <Button
          key={kind}
          component="a"
          href={address(`/audit/${kind}?${queryOf(filters)}`)}
          download
          variant="default"
          size="compact-md"
          leftSection={<IconDownload size={16} />}
        >
          {words.exports[kind]}
        </Button>
      ))}
    </div>
  );
}

function FilterFields({ filters, onChange }: { filters: Filters; onChange: (change: Partial<Filters>) => void }) {
  const field = (key: "actor" | "text" | "since" | "until") => ({
    label: words.fields[key],
    value: filters[key],
    onChange: (event: { currentTarget: { value: string } }) => onChange({ [key]: event.currentTarget.value }),
  });
  return (
    <search className={classes.filters} aria-label={words.filters}>
      <TextInput {...field("text")} />
      <TextInput {...field("actor")} autoComplete="off" />
      <NativeSelect
        label={words.fields.action}
        value={filters.action}
        data={ACTION_CHOICES}
        onChange={(event) => onChange({ action: event.currentTarget.value })}
      />
      <NativeSelect
        label={words.fields.outcome}
        value={filters.outcome}
        data={OUTCOME_CHOICES}
        onChange={(event) => onChange({ outcome: event.currentTarget.value as Filters["outcome"] })}
      />
      <TextInput {...field("since")} type="date" />
      <TextInput {...field("until")} type="date" />
    </search>
  );
}
