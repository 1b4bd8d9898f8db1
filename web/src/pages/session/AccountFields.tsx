import { TextInput } from "@mantine/core";
import { NewPassword } from "../../common/form/NewPassword";
import { texts } from "../../texts";
import classes from "./session.module.css";

/** The name and the password of the account that is created. */
export function AccountFields({
  username,
  setUsername,
  password,
  setPassword,
}: {
  username: string;
  setUsername: (username: string) => void;
  password: string;
  setPassword: (password: string) => void;
}) {
  return (
    <div className={classes.pair}>
      <TextInput
        label={texts.users.name}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        value={username}
        onChange={(event) => setUsername(event.currentTarget.value)}
        required
        withAsterisk={false}
      />
      <NewPassword
        label={texts.users.password}
        hint={texts.users.passwordHint}
        value={password}
        onChange={setPassword}
        required
      />
    </div>
  );
}
