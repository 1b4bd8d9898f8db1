import { IconKey } from "@tabler/icons-react";
import { call } from "../../../api/client";
import { useTokens } from "../../../api/queries";
import type { Token } from "../../../api/schema";
import { ConfirmButton } from "../../../common/form/ConfirmButton";
import { Chip } from "../../../common/marks/Chip";
import { Failure } from "../../../common/notes/Failure";
import { Section } from "../../../common/page/Section";
import { useThisSystem } from "../../../common/session";
import { said } from "../../../common/toast";
import { oneLine } from "../../../format/clean";
import { age, moment } from "../../../format/time";
import { PageLoading } from "../../../shell/PageLoading";
import { texts } from "../../../texts";
import { Rows } from "../Rows";
import classes from "../Settings.module.css";
import { NeedsUser } from "../users/NeedsUser";
import { AddToken } from "./AddToken";

const words = texts.tokens;

/** What machines sign in with. */
export function Tokens() {
  const { users_defined } = useThisSystem();
  const { data, error, refetch, isPending } = useTokens();
  if (!users_defined) return <NeedsUser>{words.needsUser}</NeedsUser>;
  if (isPending) return <PageLoading />;
  if (!data) return <Failure error={error} again={() => void refetch()} />;
  return (
    <>
      <Section title={words.title} hint={words.hint}>
        <Rows empty={words.empty}>
          {data.map((token) => (
            <TokenRow key={token.id} token={token} />
          ))}
        </Rows>
      </Section>
      <Section title={words.add}>
        <AddToken />
      </Section>
    </>
  );
}

function TokenRow({ token }: { token: Token }) {
  const { username } = useThisSystem();
  const name = oneLine(token.name, 100);
  const revoke = async () => {
    await call("DELETE", `/tokens/${encodeURIComponent(token.id)}`);
    said(name, words.revoked);
  };
  const expired = token.expires !== null && Date.parse(token.expires) <= Date.now();
  const everything = token.repositories.includes("*");
  return (
    <li className={classes.row}>
      <span className={classes.mark} aria-hidden="true">
        <IconKey size={21} />
      </span>
      <div className={classes.words}>
        <strong className="upstream">{name}</strong>
        <span className={`upstream ${classes.quiet}`}>
          {[
            token.username !== username && words.of(token.username),
            everything ? words.everything : token.repositories.join(", "),
            token.last_used ? words.used(age(token.last_used)) : words.unused,
            token.expires === null ? words.never : !expired && words.until(moment(token.expires)),
          ]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </div>
      <div className={classes.chips}>
        {expired && <Chip tone="red">{words.expired}</Chip>}
        {token.scopes.map((scope) => (
          <Chip key={scope} tone={scope === "admin" ? "amber" : "plain"}>
            {words.scopeNames[scope]}
          </Chip>
        ))}
      </div>
      <ConfirmButton
        className={classes.last}
        label={words.revoke(name)}
        title={words.revokeTitle(name)}
        hint={words.revokeHint}
        action={words.revokeAction}
        list="tokens"
        work={revoke}
      />
    </li>
  );
}
