import { IconDeviceDesktop, IconLogout } from "@tabler/icons-react";
import { call } from "../../../api/client";
import { useSessions } from "../../../api/queries";
import type { OpenSession } from "../../../api/schema";
import { ConfirmButton } from "../../../common/form/ConfirmButton";
import { Chip } from "../../../common/marks/Chip";
import { Failure } from "../../../common/notes/Failure";
import { Section } from "../../../common/page/Section";
import { useIsAdmin, useThisSystem } from "../../../common/session";
import { said } from "../../../common/toast";
import { age, moment } from "../../../format/time";
import { PageLoading } from "../../../shell/PageLoading";
import { texts } from "../../../texts";
import classes from "../Settings.module.css";
import { NeedsUser } from "../users/NeedsUser";
import { ordered } from "./sessions";

const words = texts.sessions;

/** Where people are signed in. Administrators see the sessions of all users, others their own. */
export function Sessions() {
  const admin = useIsAdmin();
  const { username, users_defined } = useThisSystem();
  const { data, error, refetch, isPending } = useSessions();
  if (!users_defined) return <NeedsUser>{words.needsUser}</NeedsUser>;
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
  const { username } = session;
  const since = moment(session.login);
  const end = async () => {
    await call("DELETE", `/sessions/${encodeURIComponent(session.id)}`);
    said(username, words.ended);
  };
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
        <ConfirmButton
          className={classes.last}
          Icon={IconLogout}
          label={words.end(username, since)}
          title={words.endTitle(username)}
          hint={words.endHint(since)}
          action={words.endAction}
          list="sessions"
          work={end}
        />
      )}
    </li>
  );
}
