import { useState } from "react";
import { iconAddress } from "../../api/client";
import classes from "./ImageTile.module.css";

const TONES = 5;

/** One of a few tones, the same for the same name at all times. */
export function toneOf(name: string): number {
  let sum = 7;
  for (let i = 0; i < name.length; i++) sum = (sum * 31 + name.charCodeAt(i)) >>> 0;
  return sum % TONES;
}

/** Last parts of names that say what an image does, and not whose it is. */
const COMMON = /^(?:server|app|core|web|latest|docker|image|main|base|cloud|[\d.]+)$/i;

/** `J` and `F` of a title, or of a name's last part that says something: `vaultwarden/server` is VA, `alpine/3.22` AL. */
export function letters(name: string): string {
  const parts = name.split("/").filter(Boolean);
  const telling = parts.findLast((part) => !COMMON.test(part)) ?? parts.at(-1) ?? name;
  const words = telling.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const [first = "?", second] = words;
  return (second ? first.charAt(0) + second.charAt(0) : first.slice(0, 2)).toUpperCase();
}

/** An image's icon from our own cache, or its letters. */
export function ImageTile({ name, icon, size = 40 }: { name: string; icon?: string; size?: number }) {
  const address = iconAddress(icon);
  const [broken, setBroken] = useState(false);
  const shown = address !== null && !broken;
  return (
    <span
      className={classes.tile}
      data-tone={toneOf(name)}
      data-icon={shown || undefined}
      style={{ width: size, height: size, fontSize: size * 0.36 }}
      aria-hidden="true"
    >
      {shown ? (
        <img src={address} alt="" loading="lazy" decoding="async" onError={() => setBroken(true)} />
      ) : (
        letters(name)
      )}
    </span>
  );
}
