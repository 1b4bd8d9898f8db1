import { NativeSelect } from "@mantine/core";
import type { User } from "../../../api/schema";
import { texts } from "../../../texts";
import classes from "../Settings.module.css";

const words = texts.users;

export type Role = User["role"];

export function RoleSelect({ value, onChange }: { value: Role; onChange: (role: Role) => void }) {
  return (
    <NativeSelect
      className={classes.whole}
      label={words.role}
      description={words.rolesHint}
      value={value}
      data={Object.entries(words.roles).map(([role, label]) => ({ value: role, label }))}
      onChange={(event) => onChange(event.currentTarget.value as Role)}
    />
  );
}
