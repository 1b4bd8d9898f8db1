import {
  IconArrowsExchange,
  IconChartTreemap,
  IconCompass,
  IconDownload,
  IconSettings,
  IconStack2,
} from "@tabler/icons-react";
import { NavLink, useLocation } from "react-router";
import { useRunningCount } from "../../downloads/hooks";
import { texts } from "../../texts";

const LINKS = [
  { to: "/", words: texts.nav.images, Icon: IconStack2 },
  { to: "/discover", words: texts.nav.discover, Icon: IconCompass },
  { to: "/downloads", words: texts.nav.downloads, Icon: IconDownload },
  { to: "/space", words: texts.nav.space, Icon: IconChartTreemap },
  { to: "/mirror", words: texts.nav.mirror, Icon: IconArrowsExchange },
  { to: "/settings", words: texts.nav.settings, Icon: IconSettings },
];

export function NavLinks({ classes }: { classes: CSSModuleClasses }) {
  const running = useRunningCount();
  const { pathname } = useLocation();
  return (
    <ul className={classes.links}>
      {LINKS.map(({ to, words, Icon }) => (
        <li key={to}>
          <NavLink
            to={to}
            end={to === "/"}
            className={classes.link}
            aria-current={to === "/" && pathname.startsWith("/images/") ? "page" : undefined}
          >
            <Icon size={20} stroke={1.7} aria-hidden />
            {words}
            {to === "/downloads" && running > 0 && <span className={classes.count}>{running}</span>}
          </NavLink>
        </li>
      ))}
    </ul>
  );
}
