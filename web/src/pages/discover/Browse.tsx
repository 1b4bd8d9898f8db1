import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconBooks, IconFilterSearch, IconSearch } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { useDepot } from "../../api/queries";
import type { ImageType } from "../../api/schema";
import { Failure } from "../../common/Failure";
import { Notice } from "../../common/Notice";
import { useThisSystem } from "../../common/session";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import { Cards } from "./Cards";
import { Count } from "./Count";
import classes from "./Discover.module.css";
import { arranged, categoriesOf, categoryName, type Offer, offerOf, searched } from "./offer";

const KINDS = [
  { value: "all", label: texts.common.every },
  { value: "docker", label: texts.common.docker },
  { value: "lxc", label: texts.common.lxc },
];
const CATEGORIES = 24;

/** A depot that is listed whole: the App Center and Docker's official images. */
export function Browse({
  from,
  choose,
  toHub,
}: {
  from: "appcenter" | "official";
  choose: (offer: Offer) => void;
  toHub: (query: string) => void;
}) {
  const { platform } = useThisSystem();
  const { data, error, refetch, isPending } = useDepot(from);
  const [typed, setTyped] = useState("");
  const [filter] = useDebouncedValue(typed, 120);
  const [category, setCategory] = useState<string | null>(null);
  const [kind, setKind] = useState<ImageType | "all">("all");
  const all = useMemo(() => arranged((data?.results ?? []).map((row) => offerOf(row, platform))), [data, platform]);
  const categories = useMemo(() => categoriesOf(all).slice(0, CATEGORIES), [all]);
  const both = useMemo(() => new Set(all.map((offer) => offer.type)).size > 1, [all]);
  const shown = useMemo(
    () => searched(all, filter, category).filter((offer) => kind === "all" || offer.type === kind),
    [all, filter, category, kind],
  );
  if (isPending) return <PageLoading />;
  if (!data) return <Failure error={error} again={() => void refetch()} />;
  if (all.length === 0) {
    return (
      <div className="card">
        <Notice
          icon={<IconBooks size={30} />}
          title={texts.discover.emptyCatalogs}
          hint={texts.discover.emptyCatalogsHint}
        >
          <Button component={Link} to="/settings/catalogs">
            {texts.discover.toCatalogs}
          </Button>
        </Notice>
      </div>
    );
  }
  return (
    <>
      <div className={classes.search}>
        <TextInput
          className={classes.field}
          size="md"
          type="search"
          aria-label={texts.discover.search[from]}
          placeholder={texts.discover.search[from]}
          leftSection={<IconSearch size={18} />}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {both && (
          <SegmentedControl
            size="md"
            aria-label={texts.common.type}
            data={KINDS}
            value={kind}
            onChange={(value) => setKind(value as ImageType | "all")}
          />
        )}
      </div>
      {categories.length > 1 && (
        <fieldset className={classes.categories} style={{ border: 0 }}>
          <legend className="unseen">{texts.discover.categories}</legend>
          {[null, ...categories].map((one) => (
            <button
              key={one ?? ""}
              type="button"
              className={`upstream ${classes.category}`}
              aria-pressed={category === one}
              onClick={() => setCategory(one)}
            >
              {one === null ? texts.common.every : categoryName(one)}
            </button>
          ))}
        </fieldset>
      )}
      <Count many={shown.length} stale={data.stale} />
      {shown.length === 0 ? (
        <div className="card">
          <Notice icon={<IconFilterSearch size={30} />} title={texts.discover.empty} hint={texts.discover.emptyHint}>
            <Button variant="default" onClick={() => toHub(filter)}>
              {texts.discover.toHub}
            </Button>
          </Notice>
        </div>
      ) : (
        <Cards key={`${filter} ${category} ${kind}`} offers={shown} choose={choose} />
      )}
    </>
  );
}
