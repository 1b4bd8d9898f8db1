import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useState } from "react";
import { call } from "../../../api/client";
import { client } from "../../../api/queries";
import type { NewToken, Scope } from "../../../api/schema";
import { Code } from "../../../common/code/Code";
import { Problem } from "../../../common/form/Problem";
import { useSubmit } from "../../../common/form/submit";
import { useThisSystem } from "../../../common/session";
import { texts } from "../../../texts";
import classes from "../Settings.module.css";
import { ShownOnce } from "../ShownOnce";

const words = texts.tokens;
const DAY = 86_400_000;
/** As `model/access/scope.py` allows them. */
const SCOPES_OF: Record<string, Scope[]> = {
  viewer: ["pull", "read"],
  member: ["pull", "push", "read", "download"],
  administrator: ["pull", "push", "read", "download", "admin"],
};
const START = { name: "", scopes: ["pull"] as Scope[], repositories: "", days: "90" };

/** Creates a token, and shows it, once. */
export function AddToken() {
  const { role } = useThisSystem();
  const [typed, setTyped] = useState(START);
  const [made, setMade] = useState<NewToken | null>(null);
  const set = (part: Partial<typeof START>) => setTyped((before) => ({ ...before, ...part }));

  const { submit, busy, problem } = useSubmit(async () => {
    if (typed.scopes.length === 0) throw new Error(words.noScope);
    const patterns = typed.repositories.split(/[\s,]+/).filter(Boolean);
    const token = await call<NewToken>("POST", "/tokens", {
      name: typed.name.trim(),
      scopes: typed.scopes,
      repositories: patterns.length > 0 ? patterns : null,
      expires: typed.days === "never" ? null : new Date(Date.now() + Number(typed.days) * DAY).toISOString(),
    });
    setMade(token);
    setTyped(START);
    await client.invalidateQueries({ queryKey: ["tokens"] });
  });

  if (made) {
    return (
      <ShownOnce
        icon={<IconKey size={20} aria-hidden />}
        title={words.created(made.name)}
        hint={words.once}
        secret={made.token}
        label={words.secret}
        done={() => setMade(null)}
      >
        <p className={classes.quiet}>{words.use}</p>
        <Code text={`docker login ${window.location.host} --username ${made.username}`} label={words.useLabel} />
      </ShownOnce>
    );
  }
  return (
    <form className={classes.form} onSubmit={submit}>
      <TextInput
        className={classes.whole}
        label={words.name}
        description={words.nameHint}
        autoComplete="off"
        maxLength={100}
        value={typed.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
        required
        withAsterisk={false}
      />
      <Checkbox.Group
        className={classes.whole}
        label={words.scopes}
        value={typed.scopes}
        onChange={(scopes) => set({ scopes: scopes as Scope[] })}
      >
        <div className={classes.choices}>
          {(SCOPES_OF[role] ?? []).map((scope) => (
            <Checkbox key={scope} value={scope} label={words.scopeNames[scope]} description={words.scopeHints[scope]} />
          ))}
        </div>
      </Checkbox.Group>
      <TextInput
        label={words.repositories}
        description={words.repositoriesHint}
        placeholder="*"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        value={typed.repositories}
        onChange={(event) => set({ repositories: event.currentTarget.value })}
      />
      <NativeSelect
        className={classes.low}
        label={words.expires}
        value={typed.days}
        data={["30", "90", "365", "never"].map((value) => ({ value, label: words.expiry[value] ?? value }))}
        onChange={(event) => set({ days: event.currentTarget.value })}
      />
      <Problem said={problem} className={classes.whole} />
      <div className={classes.whole}>
        <Button type="submit" leftSection={<IconKey size={17} />} loading={busy}>
          {words.addAction}
        </Button>
      </div>
    </form>
  );
}
