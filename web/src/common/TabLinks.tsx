import { Link } from "react-router";
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
  return (
    <nav aria-label={label}>
      <ul className={classes.tabs}>
        {links.map(({ to, words }) => (
          <li key={to}>
            <Link to={to} aria-current={to === current ? "page" : undefined} replace>
              {words}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
