import { Button } from "@mantine/core";
import {
  IconAntennaBars5,
  IconBell,
  IconBroadcast,
  IconMail,
  IconMessageCircle,
  IconWebhook,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import { useChange } from "../../../api/actions";
import { call } from "../../../api/client";
import { useChannels } from "../../../api/queries";
import type { ChannelKind, NotificationChannel } from "../../../api/schema";
import { ConfirmButton } from "../../../common/form/ConfirmButton";
import { Chip } from "../../../common/marks/Chip";
import { Failure } from "../../../common/notes/Failure";
import { Section } from "../../../common/page/Section";
import { said } from "../../../common/toast";
import { oneLine } from "../../../format/clean";
import { age } from "../../../format/time";
import { PageLoading } from "../../../shell/PageLoading";
import { texts } from "../../../texts";
import { Rows } from "../Rows";
import classes from "../Settings.module.css";
import { AddChannel, EVENTS } from "./AddChannel";

const words = texts.notifications;
const ICONS: Record<ChannelKind, ComponentType<{ size?: number }>> = {
  webhook: IconWebhook,
  ntfy: IconMessageCircle,
  email: IconMail,
  mqtt: IconAntennaBars5,
  apprise: IconBroadcast,
};

/** Where notifications are sent, and of which events. */
export function Channels() {
  const { data, error, refetch, isPending } = useChannels();
  if (isPending) return <PageLoading />;
  if (!data) return <Failure error={error} again={() => void refetch()} />;
  return (
    <>
      <Section title={words.title} hint={words.hint}>
        <Rows empty={words.empty}>
          {data.map((channel) => (
            <ChannelRow key={channel.id} channel={channel} />
          ))}
        </Rows>
      </Section>
      <Section title={words.add}>
        <AddChannel />
      </Section>
    </>
  );
}

function ChannelRow({ channel }: { channel: NotificationChannel }) {
  const name = oneLine(channel.name, 100);
  const path = `/notifications/${encodeURIComponent(channel.id)}`;
  const remove = async () => {
    await call("DELETE", path);
    said(name, words.removed);
  };
  const test = useChange("notifications", async () => {
    await call("POST", `${path}/test`);
    said(name, words.tested);
  });
  const Icon = ICONS[channel.kind] ?? IconBell;
  return (
    <li className={classes.row}>
      <span className={classes.mark} aria-hidden="true">
        <Icon size={21} />
      </span>
      <div className={classes.words}>
        <strong className="upstream">{name}</strong>
        <span className={`upstream ${classes.quiet}`}>
          {[
            words.kinds[channel.kind],
            channel.recipients.length > 0 ? channel.recipients.join(", ") : channel.address,
            channel.sent ? words.sent(age(channel.sent)) : words.unsent,
            channel.waiting > 0 && words.waiting(channel.waiting),
          ]
            .filter(Boolean)
            .join(" · ")}
        </span>
        {channel.error && <span className={`upstream ${classes.bad}`}>{oneLine(channel.error, 500)}</span>}
        <div className={classes.chips}>
          {channel.events.length === EVENTS.length ? (
            <Chip>{words.everything}</Chip>
          ) : (
            channel.events.map((event) => <Chip key={event}>{words.eventNames[event]}</Chip>)
          )}
        </div>
      </div>
      <div className={classes.actions}>
        <Button
          variant="default"
          size="xs"
          aria-label={words.testName(name)}
          loading={test.isPending}
          onClick={() => test.mutate(undefined)}
        >
          {words.test}
        </Button>
        <ConfirmButton
          label={words.remove(name)}
          title={words.removeTitle(name)}
          hint={words.removeHint}
          action={words.removeAction}
          list="notifications"
          work={remove}
        />
      </div>
    </li>
  );
}
