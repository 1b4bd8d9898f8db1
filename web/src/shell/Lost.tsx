import { Button } from "@mantine/core";
import { IconMapQuestion } from "@tabler/icons-react";
import { Link } from "react-router";
import { Notice } from "../common/notes/Notice";
import { texts } from "../texts";

/** For an address that leads nowhere. */
export function Lost() {
  return (
    <Notice
      icon={<IconMapQuestion size={30} />}
      title={texts.common.notFound}
      hint={texts.common.notFoundHint}
      level={1}
    >
      <Button component={Link} to="/" variant="default">
        {texts.common.toImages}
      </Button>
    </Notice>
  );
}
