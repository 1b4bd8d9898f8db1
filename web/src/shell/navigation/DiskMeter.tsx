import { Link } from "react-router";
import { Bar } from "../../common/marks/Bar";
import { useThisSystem } from "../../common/session";
import { bytes, percent } from "../../format/amounts";
import { usable } from "../../format/disk";
import { texts } from "../../texts";

export function DiskMeter({ className }: { className?: string }) {
  const { space } = useThisSystem();
  const free = usable(space);
  const full = percent(space.total - free, space.total);
  const words = texts.nav.free(bytes(free), bytes(space.total));
  return (
    <Link to="/space" className={className}>
      <Bar percent={full} label={words} tone={full > 95 ? "red" : full > 85 ? "amber" : "accent"} height={5} />
      <span>{words}</span>
    </Link>
  );
}
