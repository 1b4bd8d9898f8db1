import { Button } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { Code } from "../../common/code/Code";
import { Callout } from "../../common/notes/Callout";
import { texts } from "../../texts";
import classes from "./Settings.module.css";

/** In place of the form that made it: a secret that is shown this once. */
export function ShownOnce({
  icon,
  title,
  hint,
  secret,
  label,
  done,
  children,
}: {
  icon: ReactNode;
  title: string;
  hint: string;
  secret: string;
  label: string;
  done: () => void;
  /** How to use it. */
  children?: ReactNode;
}) {
  const shown = useRef<HTMLDivElement>(null);
  useEffect(() => shown.current?.focus(), []);
  return (
    <div className={classes.once} ref={shown} tabIndex={-1}>
      <Callout tone="accent" role="status" icon={icon}>
        <b>{title}.</b> {hint}
      </Callout>
      <Code text={secret} label={label} />
      {children}
      <div>
        <Button variant="default" onClick={done}>
          {texts.tokens.done}
        </Button>
      </div>
    </div>
  );
}
