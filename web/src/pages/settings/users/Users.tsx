import { IconInfoCircle } from "@tabler/icons-react";
import { useUsers } from "../../../api/queries";
import { Callout } from "../../../common/notes/Callout";
import { Failure } from "../../../common/notes/Failure";
import { Section } from "../../../common/page/Section";
import { useThisSystem } from "../../../common/session";
import { PageLoading } from "../../../shell/PageLoading";
import { texts } from "../../../texts";
import classes from "../Settings.module.css";
import { AddUser } from "./AddUser";
import { UserRow } from "./UserRow";

const words = texts.users;

/** Who may come in, and what they may do. */
export function Users() {
  const { users_defined } = useThisSystem();
  const { data, error, refetch, isPending } = useUsers();
  if (isPending) return <PageLoading />;
  if (!data) return <Failure error={error} again={() => void refetch()} />;
  return (
    <>
      {!users_defined && (
        <Callout tone="amber" role="note" icon={<IconInfoCircle size={20} aria-hidden />}>
          {words.hint}
        </Callout>
      )}
      {data.length > 0 && (
        <Section title={words.title} hint={words.rolesHint}>
          <ul className={classes.list}>
            {data.map((user) => (
              <UserRow key={user.username} user={user} />
            ))}
          </ul>
        </Section>
      )}
      <Section title={words.add} hint={users_defined ? undefined : words.firstHint}>
        <AddUser first={!users_defined} />
      </Section>
    </>
  );
}
