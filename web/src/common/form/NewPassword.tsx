import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import { texts } from "../../texts";

interface Props extends Pick<PasswordInputProps, "className" | "required"> {
  label: string;
  hint: string;
  value: string;
  onChange: (value: string) => void;
}

/** The field of a password that is chosen now. */
export function NewPassword({ hint, onChange, ...others }: Props) {
  return (
    <PasswordInput
      description={hint}
      inputWrapperOrder={["label", "input", "description", "error"]}
      autoComplete="new-password"
      onChange={(event) => onChange(event.currentTarget.value)}
      visibilityToggleButtonProps={{ "aria-label": texts.login.show }}
      minLength={8}
      withAsterisk={false}
      {...others}
    />
  );
}
