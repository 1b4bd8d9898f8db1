import { IconInfoCircle } from "@tabler/icons-react";
import { Link } from "react-router";
import { Callout } from "../../../common/notes/Callout";
import { texts } from "../../../texts";

/** In place of a section that is empty until there is a user: says so, and leads to where one is added. */
export function NeedsUser({ children }: { children: string }) {
  return (
    <Callout tone="amber" role="note" icon={<IconInfoCircle size={20} aria-hidden />}>
      {children} <Link to="/settings/users">{texts.tokens.toUsers}</Link>
    </Callout>
  );
}
