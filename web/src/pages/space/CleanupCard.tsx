import { Button } from "@mantine/core";
import { IconSparkles } from "@tabler/icons-react";
import { useChange } from "../../api/actions";
import { call } from "../../api/client";
import type { Space } from "../../api/schema";
import { Section } from "../../common/page/Section";
import { useIsAdmin, useWhyNot } from "../../common/session";
import { said } from "../../common/toast";
import { bytes } from "../../format/amounts";
import { texts } from "../../texts";
import classes from "./Space.module.css";

const words = texts.space;

export function CleanupCard({ reclaimable }: { reclaimable: Space["reclaimable"] }) {
  const admin = useIsAdmin();
  const whyNot = useWhyNot();
  const cleanup = useChange("space", async () => {
    const { freed } = await call<{ freed: number; files: number }>("POST", "/space/cleanup");
    said(words.cleaned(bytes(freed)));
  });
  const nothing = reclaimable.files === 0;
  return (
    <Section title={words.cleanup}>
      <p className={classes.words}>
        {nothing ? words.cleanupNothing : words.cleanupFrees(bytes(reclaimable.bytes), reclaimable.files)}
      </p>
      <Button
        variant={nothing ? "default" : "filled"}
        leftSection={<IconSparkles size={17} />}
        disabled={nothing || !admin}
        title={nothing ? undefined : whyNot.admin}
        loading={cleanup.isPending}
        onClick={() => cleanup.mutate(undefined)}
      >
        {words.cleanup}
      </Button>
    </Section>
  );
}
