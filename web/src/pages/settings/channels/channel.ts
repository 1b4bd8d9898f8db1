/** A channel as it is typed, and as the service is asked for it. */

import type { ChannelKind, ChannelRequest, Event } from "../../../api/schema";

export interface Typed {
  kind: ChannelKind;
  name: string;
  address: string;
  username: string;
  secret: string;
  sender: string;
  recipients: string;
  events: Event[];
}

/** Only what its kind has: what was typed for another kind before is not sent. */
export function wanted({ kind, name, address, username, secret, sender, recipients, events }: Typed): ChannelRequest {
  const hasLogin = kind === "email" || kind === "mqtt";
  const mail = kind === "email";
  return {
    kind,
    name: name.trim(),
    address: address.trim(),
    username: (hasLogin && username.trim()) || null,
    secret: (kind !== "apprise" && secret) || null,
    sender: (mail && sender.trim()) || null,
    recipients: mail ? recipients.split(/[\s,;]+/).filter(Boolean) : null,
    events,
  };
}
