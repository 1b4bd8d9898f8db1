import type { AuditEntry } from "../../api/schema";
import { Chip, type Tone } from "../../common/marks/Chip";
import { moment } from "../../format/time";
import { texts } from "../../texts";
import settings from "../settings/Settings.module.css";

const words = texts.audit;
const TONES: Record<AuditEntry["outcome"], Tone> = { done: "plain", refused: "amber", failed: "red" };

/** One event: what happened to what, by whom and from where, and why it was not done. */
export function AuditRow({ event }: { event: AuditEntry }) {
  const who = event.token ? words.byToken(event.actor, event.token) : event.actor || words.unknown;
  return (
    <li className={settings.row}>
      <div className={settings.words}>
        <strong className="upstream">{[event.action, event.target].filter(Boolean).join(" ")}</strong>
        <span className={`upstream ${settings.quiet}`}>
          <time dateTime={event.time}>{moment(event.time)}</time>
          {[who, event.address && words.from(event.address), event.detail]
            .filter(Boolean)
            .map((part) => ` · ${part}`)
            .join("")}
        </span>
        {event.error && <span className={`upstream ${settings.bad}`}>{event.error}</span>}
      </div>
      <Chip tone={TONES[event.outcome]}>{words.outcomes[event.outcome]}</Chip>
    </li>
  );
}
