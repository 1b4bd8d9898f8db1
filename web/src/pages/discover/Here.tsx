import { IconFilterSearch } from "@tabler/icons-react";
import { Link } from "react-router";
import { useLocalSearch } from "../../api/queries";
import { ImageTile } from "../../common/marks/ImageTile";
import { TypeChip } from "../../common/marks/TypeChip";
import { Failure } from "../../common/notes/Failure";
import { Notice } from "../../common/notes/Notice";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import { mainTag, pageOf, rowOf } from "../images/rows";
import { Count } from "./cards/Count";
import classes from "./Discover.module.css";

/** What is on this device already. */
export function Here({ words }: { words: string }) {
  const { data, error, refetch, isPending } = useLocalSearch(words);
  if (isPending) return <PageLoading />;
  if (!data) return <Failure error={error} again={() => void refetch()} />;
  const rows = data.results.map(rowOf);
  if (rows.length === 0) {
    return (
      <div className="card">
        <Notice icon={<IconFilterSearch size={30} />} title={texts.discover.empty} hint={texts.discover.emptyHere} />
      </div>
    );
  }
  return (
    <>
      <Count many={data.total_count} stale={false} />
      <ul className={`card ${classes.here}`}>
        {rows.map((row) => (
          <li key={row.key}>
            <Link to={pageOf(row.type, row.name, mainTag(row))}>
              <ImageTile name={row.name} icon={row.icon} size={36} />
              <span className="name upstream">{row.name}</span>
              <TypeChip type={row.type} />
              <span className={classes.dim}>{texts.common.tags(row.tags.length)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
