import { IconBrandDocker, IconServer2 } from "@tabler/icons-react";
import type { ImageType } from "../../api/schema";
import { texts } from "../../texts";
import { Chip } from "./Chip";

export function TypeChip({ type }: { type: ImageType }) {
  return type === "lxc" ? (
    <Chip tone="plum" icon={<IconServer2 size={13} aria-hidden />}>
      {texts.common.lxc}
    </Chip>
  ) : (
    <Chip tone="blue" icon={<IconBrandDocker size={13} aria-hidden />}>
      {texts.common.docker}
    </Chip>
  );
}
