import { Button, SegmentedControl } from "@mantine/core";
import { IconBooks, IconFilterSearch } from "@tabler/icons-react";
import { useMemo } from "react";
import { Link } from "react-router";
import { useDepot } from "../../api/queries";
import type { ImageType } from "../../api/schema";
import { Failure } from "../../common/notes/Failure";
import { Notice } from "../../common/notes/Notice";
import { useThisSystem } from "../../common/session";
import { useAddress } from "../../common/useAddress";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import { Categories } from "./Categories";
import { Cards } from "./cards/Cards";
import { Count } from "./cards/Count";
import classes from "./Discover.module.css";
import {
  arranged,
  categoriesOf,
  categoryKey,
  narrowed,
  type Offer,
  type Order,
  offerOf,
  ordered,
  ordersOf,
} from "./offer";

const KINDS = [
  { value: "all", label: texts.common.every },
  { value: "docker", label: texts.common.docker },
  { value: "lxc", label: texts.common.lxc },
];
const CATEGORIES = 24;

/** A depot that is listed whole: the App Center and Docker's official images. */
export function Browse({
  from,
  words,
  choose,
}: {
  from: "appcenter" | "official";
  words: string;
  choose: (offer: Offer) => void;
}) {
  const { platform } = useThisSystem();
  const whole = useDepot(from);
  const sought = words.trim();
  const { data, error, refetch, isPending } = useDepot(from, sought);
  const [category, setCategory] = useAddress<string>("category", "");
  const [kind, setKind] = useAddress<ImageType | "all">("type", "all");
  const all = useMemo(
    () => arranged((whole.data?.results ?? []).map((row) => offerOf(row, platform))),
    [whole.data, platform],
  );
  const found = useMemo(() => arranged((data?.results ?? []).map((row) => offerOf(row, platform))), [data, platform]);
  const both = useMemo(() => new Set(all.map((offer) => offer.type)).size > 1, [all]);
  const orders = ordersOf(from);
  const [order, setOrder] = useAddress<Order>("sort", orders[0] ?? "name");
  const wanted = categoryKey(category);
  const ofKind = useMemo(() => narrowed(found, null, kind === "all" ? null : kind), [found, kind]);
  const categories = useMemo(() => {
    const known = categoriesOf(ofKind).slice(0, CATEGORIES);
    const chosen = known.some((one) => one.key === wanted) || wanted === "";
    return chosen ? known : [...known, ...categoriesOf(all).filter((one) => one.key === wanted)];
  }, [ofKind, all, wanted]);
  const shown = useMemo(() => {
    const rows = narrowed(ofKind, wanted || null, null);
    // What is searched for has its own order: the nearest title first.
    return sought === "" ? ordered(rows, order) : rows;
  }, [ofKind, wanted, order, sought]);
  if (isPending) return <PageLoading />;
  if (!data) return <Failure error={error} again={() => void refetch()} />;
  if (all.length === 0 && whole.data) {
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
        {both && (
          <SegmentedControl
            aria-label={texts.common.type}
            data={KINDS}
            value={kind}
            onChange={(value) => setKind(value as ImageType | "all")}
          />
        )}
        {sought === "" && (
          <SegmentedControl
            aria-label={texts.discover.order}
            data={orders.map((one) => ({ value: one, label: texts.discover.orders[one] }))}
            value={orders.includes(order) ? order : (orders[0] ?? "name")}
            onChange={(value) => setOrder(value as Order)}
          />
        )}
      </div>
      {categories.length > 0 && <Categories wanted={wanted} categories={categories} choose={setCategory} />}
      <Count many={shown.length} stale={data.stale} />
      {shown.length === 0 ? (
        <div className="card">
          <Notice icon={<IconFilterSearch size={30} />} title={texts.discover.empty} hint={texts.discover.emptyHint}>
            <Button variant="default" component={Link} to={`/discover/dockerhub?${new URLSearchParams({ q: sought })}`}>
              {texts.discover.toHub}
            </Button>
          </Notice>
        </div>
      ) : (
        <Cards key={`${sought} ${category} ${kind} ${order}`} offers={shown} choose={choose} />
      )}
    </>
  );
}
