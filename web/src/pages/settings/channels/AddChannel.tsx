import { Button, Checkbox, NativeSelect, PasswordInput, TextInput } from "@mantine/core";
import { IconBell } from "@tabler/icons-react";
import { useState } from "react";
import { call } from "../../../api/client";
import { client } from "../../../api/queries";
import type { ChannelKind, Event, NewNotificationChannel } from "../../../api/schema";
import { Problem } from "../../../common/form/Problem";
import { useSubmit } from "../../../common/form/submit";
import { said } from "../../../common/toast";
import { texts } from "../../../texts";
import classes from "../Settings.module.css";
import { ShownOnce } from "../ShownOnce";
import { type Typed, wanted } from "./channel";

const words = texts.notifications;
export const EVENTS = Object.keys(words.eventNames) as Event[];
const KINDS = Object.keys(words.kinds) as ChannelKind[];
const START: Typed = {
  kind: "webhook",
  name: "",
  address: "",
  username: "",
  secret: "",
  sender: "",
  recipients: "",
  events: EVENTS,
};

/** Adds a channel, and shows the signing key that was made for it, once. */
export function AddChannel() {
  const [typed, setTyped] = useState(START);
  const [made, setMade] = useState<NewNotificationChannel | null>(null);
  const set = (part: Partial<Typed>) => setTyped((before) => ({ ...before, ...part }));
  const { kind } = typed;
  const hasLogin = kind === "email" || kind === "mqtt";

  const { submit, busy, problem } = useSubmit(async () => {
    if (typed.events.length === 0) throw new Error(words.noEvent);
    const channel = await call<NewNotificationChannel>("POST", "/notifications", wanted(typed));
    if (channel.secret) setMade(channel);
    else said(channel.name, words.isAdded);
    setTyped({ ...START, kind });
    await client.invalidateQueries({ queryKey: ["notifications"] });
  });

  if (made?.secret) {
    return (
      <ShownOnce
        icon={<IconBell size={20} aria-hidden />}
        title={words.added(made.name)}
        hint={words.once}
        secret={made.secret}
        label={words.secret}
        done={() => setMade(null)}
      />
    );
  }
  const plain = { autoComplete: "off", autoCapitalize: "none", autoCorrect: "off", spellCheck: false } as const;
  return (
    <form className={classes.form} onSubmit={submit}>
      <NativeSelect
        label={words.kind}
        className={classes.low}
        value={kind}
        data={KINDS.map((value) => ({ value, label: words.kinds[value] }))}
        onChange={(event) => set({ kind: event.currentTarget.value as ChannelKind })}
      />
      <TextInput
        label={words.name}
        description={words.nameHint}
        autoComplete="off"
        maxLength={100}
        value={typed.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
        required
        withAsterisk={false}
      />
      <TextInput
        {...plain}
        className={classes.whole}
        label={words.address}
        description={words.addressHints[kind]}
        placeholder={words.placeholders[kind]}
        value={typed.address}
        onChange={(event) => set({ address: event.currentTarget.value })}
        required
        withAsterisk={false}
      />
      {kind === "email" && (
        <>
          <TextInput
            {...plain}
            className={classes.low}
            label={words.sender}
            placeholder="depot@example.com"
            value={typed.sender}
            onChange={(event) => set({ sender: event.currentTarget.value })}
            required
            withAsterisk={false}
          />
          <TextInput
            {...plain}
            label={words.recipients}
            description={words.recipientsHint}
            value={typed.recipients}
            onChange={(event) => set({ recipients: event.currentTarget.value })}
            required
            withAsterisk={false}
          />
        </>
      )}
      {hasLogin && (
        <TextInput
          {...plain}
          className={classes.low}
          label={words.username}
          value={typed.username}
          onChange={(event) => set({ username: event.currentTarget.value })}
        />
      )}
      {kind !== "apprise" && (
        <PasswordInput
          autoComplete="new-password"
          visibilityToggleButtonProps={{ "aria-label": texts.login.show }}
          className={hasLogin ? undefined : classes.whole}
          label={words.secrets[kind]}
          description={words.secretHints[kind]}
          value={typed.secret}
          onChange={(event) => set({ secret: event.currentTarget.value })}
        />
      )}
      <Checkbox.Group
        className={classes.whole}
        label={words.events}
        value={typed.events}
        onChange={(events) => set({ events: events as Event[] })}
      >
        <div className={classes.choices}>
          {EVENTS.map((event) => (
            <Checkbox key={event} value={event} label={words.eventNames[event]} />
          ))}
        </div>
      </Checkbox.Group>
      <Problem said={problem} className={classes.whole} />
      <div className={classes.whole}>
        <Button type="submit" leftSection={<IconBell size={17} />} loading={busy}>
          {words.addAction}
        </Button>
      </div>
    </form>
  );
}
