import { ActionIcon, Tooltip } from "@mantine/core";
import { IconPencil, IconTrash, IconUser, IconUserShield } from "@tabler/icons-react";
import { useState } from "react";
import { useChange } from "../../api/actions";
import { call } from "../../api/client";
import type { User } from "../../api/schema";
import { Chip } from "../../common/Chip";
import { Confirm } from "../../common/Confirm";
import { useThisSystem } from "../../common/session";
import { said } from "../../common/toast";
import { age } from "../../format/time";
import { texts } from "../../texts";
import { ChangeUser } from "./ChangeUser";
import classes from "./Settings.module.css";

const words = texts.users;

export function UserRow({ user }: { user: User }) {
  const { username: me } = useThisSystem();
  const [asked, setAsked] = useState<"change" | "remove" | null>(null);
  const remove = useChange("users", async () => {
    await call("DELETE", `/users/${encodeURIComponent(user.username)}`).finally(() => setAsked(null));
    said(user.username, words.removed);
  });
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
            onClick={() => setAsked("change")}
          >
            <IconPencil size={18} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={words.remove(user.username)}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={words.remove(user.username)}
            onClick={() => setAsked("remove")}
          >
            <IconTrash size={18} />
          </ActionIcon>
        </Tooltip>
      </div>
      {asked === "change" && <ChangeUser user={user} close={() => setAsked(null)} />}
      <Confirm
        opened={asked === "remove"}
        title={words.removeTitle(user.username)}
        action={texts.remove.action}
        busy={remove.isPending}
        onConfirm={() => remove.mutate(undefined)}
        onClose={() => setAsked(null)}
      >
        {words.removeHint}
      </Confirm>
    </li>
  );
}
