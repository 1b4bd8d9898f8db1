import { ActionIcon, Tooltip } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { type ComponentType, useState } from "react";
import { useChange } from "../../api/actions";
import { useWhyNot } from "../session";
import { Confirm } from "./Confirm";

interface Props {
  /** What the button does, to what. */
  label: string;
  title: string;
  hint: string;
  /** The word on the button that confirms. */
  action: string;
  /** The list that is asked for again afterwards, as `useChange` names it. */
  list: string;
  work: () => Promise<unknown>;
  Icon?: ComponentType<{ size?: number }>;
  className?: string | undefined;
  disabled?: boolean;
}

/** A button of one row that takes something away: it asks first, and the question closes with the answer. */
export function ConfirmButton({ label, title, hint, action, list, work, Icon = IconTrash, ...button }: Props) {
  const [asked, setAsked] = useState(false);
  const whyNot = useWhyNot();
  const close = () => setAsked(false);
  const change = useChange(list, () => work().finally(close));
  return (
    <>
      <Tooltip label={label}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={label}
          title={button.disabled ? whyNot.admin : undefined}
          onClick={() => setAsked(true)}
          {...button}
        >
          <Icon size={18} />
        </ActionIcon>
      </Tooltip>
      <Confirm
        opened={asked}
        title={title}
        action={action}
        busy={change.isPending}
        onConfirm={() => change.mutate(undefined)}
        onClose={close}
      >
        {hint}
      </Confirm>
    </>
  );
}
