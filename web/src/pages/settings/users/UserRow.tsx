import { ActionIcon, Tooltip } from "@mantine/core";
import { IconPencil, IconUser, IconUserShield } from "@tabler/icons-react";
import { useState } from "react";
import { call } from "../../../api/client";
import type { User } from "../../../api/schema";
import { ConfirmButton } from "../../../common/form/ConfirmButton";
import { Chip } from "../../../common/marks/Chip";
import { useThisSystem } from "../../../common/session";
import { said } from "../../../common/toast";
import { age } from "../../../format/time";
import { texts } from "../../../texts";
import classes from "../Settings.module.css";
import { ChangeUser } from "./ChangeUser";

const words = texts.users;

export function UserRow({ user }: { user: User }) {
  const { username: me } = useThisSystem();
  const [changing, setChanging] = useState(false);
  const remove = async () => {
    await call("DELETE", `/users/${encodeURIComponent(user.username)}`);
    said(user.username, words.removed);
  };
  const since = age(user.created);
  const Mark = user.role === "administrator" ? IconUserShield : IconUser;
  return (
    <li className={classes.row}>
      <span className={classes.mark} aria-hidden="true">
        <Mark size={21} />
      </span>
      <div className={classes.words}>
        <strong className="upstream">{user.username}</strong>
        <span className={classes.quiet}>{[words.roles[user.role], since].filter(Boolean).join(" · ")}</span>
      </div>
      {user.username === me && <Chip tone="accent">{words.you}</Chip>}
      <div className={classes.actions}>
        <Tooltip label={words.change(user.username)}>
          <ActionIcon
            variant="default"
            size="lg"
            aria-label={words.change(user.username)}
            onClick={() => setChanging(true)}
          >
            <IconPencil size={18} />
          </ActionIcon>
        </Tooltip>
        <ConfirmButton
          label={words.remove(user.username)}
          title={words.removeTitle(user.username)}
          hint={words.removeHint}
          action={texts.remove.action}
          list="users"
          work={remove}
        />
      </div>
      {changing && <ChangeUser user={user} close={() => setChanging(false)} />}
    </li>
  );
}
