import { useEffect } from "react";
import { Link } from "react-router";
import { useMore } from "../useMore";
import classes from "./TabLinks.module.css";

/** Sections of a page, each with an address of its own. */
export function TabLinks({
  label,
  links,
  current,
}: {
  label: string;
  links: { to: string; words: string }[];
  current: string;
}) {
  const list = useMore<HTMLUListElement>();
  // On a narrow screen the current one may stand outside of what is seen.
  useEffect(() => {
    const { current: tabs } = list;
    const tab = tabs?.querySelector<HTMLElement>(`a[data-to="${CSS.escape(current)}"]`);
    if (tabs && tab) tabs.scrollLeft = tab.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
  }, [current, list]);
  return (
    <nav aria-label={label}>
      <ul className={`more ${classes.tabs}`} ref={list}>
        {links.map(({ to, words }) => (
          <li key={to}>
            <Link to={to} aria-current={to === current ? "page" : undefined} data-to={to} replace>
              {words}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
