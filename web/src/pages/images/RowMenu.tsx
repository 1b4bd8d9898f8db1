import { ActionIcon, Menu } from "@mantine/core";
import { IconClipboard, IconDotsVertical, IconInfoCircle, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "react-router";
import { useCheck } from "../../api/updates";
import { copy } from "../../common/code/copy";
import { useIsAdmin, useIsMember, useWhyNot } from "../../common/session";
import { failed, said } from "../../common/toast";
import { isOwn, pullable } from "../../format/names/own";
import { written } from "../../format/names/reference";
import { texts } from "../../texts";
import classes from "./Images.module.css";
import { RemoveDialog } from "./RemoveDialog";
import { type ImageRow, mainTag, pageOf } from "./rows";
import { imagesOf, verdictOf } from "./updates/updates";

export function RowMenu({ row }: { row: ImageRow }) {
  const [removing, setRemoving] = useState(false);
  const check = useCheck((rows) => said(verdictOf(row.name, rows)));
  const admin = useIsAdmin();
  const whyNot = useWhyNot();
  const member = useIsMember();
  const first = mainTag(row);
  const reference = row.type === "lxc" ? row.name : written({ name: pullable(row.name), tag: first });
  return (
    <>
      <Menu position="bottom-end" width={200}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={texts.images.actions(row.name)}>
            <IconDotsVertical size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component={Link} to={pageOf(row.type, row.name, first)} leftSection={<IconInfoCircle size={17} />}>
            {texts.images.open}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconClipboard size={17} />}
            onClick={() => copy(reference).then(() => said(reference, texts.common.copied), failed)}
          >
            {texts.images.copy}
          </Menu.Item>
          {!isOwn(row.name) && (
            <Menu.Item
              leftSection={<IconRefresh size={17} />}
              disabled={!member}
              title={whyNot.member}
              onClick={() => check.mutate(imagesOf(row))}
            >
              {texts.updates.checkOne}
            </Menu.Item>
          )}
          <Menu.Divider />
          <Menu.Item
            className={classes.danger}
            leftSection={<IconTrash size={17} />}
            disabled={!admin}
            title={whyNot.admin}
            onClick={() => setRemoving(true)}
          >
            {texts.images.remove}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <RemoveDialog
        opened={removing}
        targets={[
          { type: row.type, name: row.name, tags: row.tags.map((one) => one.tag), whole: true, store: row.store },
        ]}
        close={() => setRemoving(false)}
      />
    </>
  );
}
