import { ActionIcon, Tooltip } from "@mantine/core";
import { IconDeviceDesktop, IconInfoCircle, IconLogout } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "react-router";
import { useChange } from "../../api/actions";
import { call } from "../../api/client";
import { useSessions } from "../../api/queries";
import type { OpenSession } from "../../api/schema";
import { Callout } from "../../common/Callout";
import { Chip } from "../../common/Chip";
import { Confirm } from "../../common/Confirm";
import { Failure } from "../../common/Failure";
import { Section } from "../../common/Section";
import { useIsAdmin, useThisSystem } from "../../common/session";
import { said } from "../../common/toast";
import { age, moment } from "../../format/time";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import classes from "./Settings.module.css";
import { ordered } from "./sessions";

const words = texts.sessions;

/** Where people are signed in. Administrators see everybody's sessions, others their own. */
export function Sessions() {
  const admin = useIsAdmin();
  const { username, users_defined } = useThisSystem();
  const { data, error, refetch, isPending } = useSessions();
  if (!users_defined) {
    return (
      <Callout tone="amber" role="note" icon={<IconInfoCircle size={20} aria-hidden />}>
        {words.needsUser} <Link to="/settings/users">{texts.tokens.toUsers}</Link>
      </Callout>
    );
  }
  if (isPending) return <PageLoading />;
  if (!data) return <Failure error={error} again={() => void refetch()} />;
  return (
    <Section title={words.title} hint={admin ? words.hintForAdmins : words.hint}>
      <ul className={classes.list}>
        {ordered(data, username).map((session) => (
          <SessionRow key={session.id} session={session} />
        ))}
      </ul>
    </Section>
  );
}

function SessionRow({ session }: { session: OpenSession }) {
  const [asked, setAsked] = useState(false);
  const { username } = session;
  const since = moment(session.login);
  const end = useChange("sessions", async () => {
    await call("DELETE", `/sessions/${encodeURIComponent(session.id)}`).finally(() => setAsked(false));
    said(username, words.ended);
  });
  return (
    <li className={classes.row}>
      <span className={classes.mark} aria-hidden="true">
        <IconDeviceDesktop size={21} />
      </span>
      <div className={classes.words}>
        <strong className="upstream">{username}</strong>
        <span className={classes.quiet}>
          {[words.since(age(session.login)), words.until(moment(session.expires))].join(" · ")}
        </span>
      </div>
      {session.current ? (
        <Chip tone="accent">{words.current}</Chip>
      ) : (
        <Tooltip label={words.end(username, since)}>
          <ActionIcon
            className={classes.last}
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={words.end(username, since)}
            onClick={() => setAsked(true)}
          >
            <IconLogout size={18} />
          </ActionIcon>
        </Tooltip>
      )}
      <Confirm
        opened={asked}
        title={words.endTitle(username)}
        action={words.endAction}
        busy={end.isPending}
        onConfirm={() => end.mutate(undefined)}
        onClose={() => setAsked(false)}
      >
        {words.endHint(since)}
      </Confirm>
    </li>
  );
}
