import { Button } from "@mantine/core";
import { IconLogin2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { call } from "../../api/client";
import type { SignInAddress, SignInOffer } from "../../api/schema";
import { Problem } from "../../common/form/Problem";
import { useSubmit } from "../../common/form/submit";
import { texts } from "../../texts";
import classes from "./session.module.css";

/** Signs in at the identity provider, where one is set up: the browser goes there, and comes back to /sign-in. */
export function OpenIdButton() {
  const { data } = useQuery({
    queryKey: ["openid"],
    queryFn: ({ signal }) => call<SignInOffer>("GET", "/session/openid", undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { submit, busy, problem } = useSubmit(async () => {
    location.assign((await call<SignInAddress>("POST", "/session/openid")).url);
  });
  if (!data?.name) return null;
  return (
    <form className={classes.form} onSubmit={submit}>
      <Problem said={problem} />
      <Button
        type="submit"
        variant="default"
        size="md"
        loading={busy}
        leftSection={<IconLogin2 size={18} aria-hidden />}
      >
        {texts.login.openid(data.name)}
      </Button>
    </form>
  );
}
