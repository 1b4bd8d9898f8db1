import { Button, SegmentedControl, Select, TextInput } from "@mantine/core";
import { IconArrowUp, IconFilterSearch, IconSearch, IconStack2 } from "@tabler/icons-react";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { Link, useNavigationType, useSearchParams } from "react-router";
import { useLocal } from "../../api/queries";
import { useUpdates } from "../../api/updates";
import { Failure } from "../../common/notes/Failure";
import { Notice } from "../../common/notes/Notice";
import { ViewerNote } from "../../common/notes/ViewerNote";
import { PageHead } from "../../common/page/PageHead";
import { useAddress } from "../../common/useAddress";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import classes from "./Images.module.css";
import { ImageTable } from "./ImageTable";
import { remembered } from "./remembered";
import { isKind, type Kind, matching, orderOf, rowOf, type Sort, sorted, upAtFirst, writtenOrder } from "./rows";
import { SelectionBar } from "./SelectionBar";
import { StoresAway } from "./StoresAway";
import { UploadButton } from "./UploadButton";
import { UpdatesBar } from "./updates/UpdatesBar";
import { updatesOf } from "./updates/updates";

const UpdateRules = lazy(() => import("./updates/UpdateRules"));
const KINDS: { value: Kind; label: string }[] = [
  { value: "all", label: texts.common.every },
  { value: "docker", label: texts.common.docker },
  { value: "lxc", label: texts.common.lxc },
];
const SORTS = Object.entries(texts.images.sorts).map(([value, label]) => ({ value, label }));

export default function Images() {
  const { data, error, refetch, isPending } = useLocal();
  const [filter, setFilter, typed] = useAddress<string>("q", "", 120);
  const [type, setKind] = useAddress<string>("type", "all");
  const kind = isKind(type) ? type : "all";
  const [order, setOrder] = useAddress<string>("sort", "name");
  const sort = useMemo(() => orderOf(order), [order]);
  const setSort = (next: { by: Sort; up: boolean }) => setOrder(writtenOrder(next));
  const [only, setOnly] = useAddress<string>("only", "");
  const onlyUpdates = only === "updates";
  const [, setAddress] = useSearchParams();
  const back = useNavigationType() === "POP";
  const [selected, setSelected] = useState(() => (back ? remembered.selected : new Set<string>()));
  useEffect(() => {
    remembered.selected = selected;
  }, [selected]);

  const all = useMemo(() => (data?.results ?? []).map(rowOf), [data]);
  const { data: updates } = useUpdates();
  const [rulesShown, setRulesShown] = useState(false);
  const shown = useMemo(() => {
    const found = sorted(matching(all, filter, kind), sort.by, sort.up);
    return onlyUpdates ? found.filter((row) => updatesOf(row, updates?.results).length > 0) : found;
  }, [all, filter, kind, sort, onlyUpdates, updates]);
  const chosen = useMemo(() => shown.filter((row) => selected.has(row.key)), [shown, selected]);

  if (isPending) return <PageLoading />;
  const head = (
    <>
      <PageHead
        title={texts.images.title}
        hint={
          all.length > 0 &&
          texts.images.summary(
            all.length,
            all.reduce((sum, row) => sum + row.tags.length, 0),
          )
        }
      >
        {data && <UploadButton />}
      </PageHead>
      <ViewerNote />
    </>
  );
  if (!data) {
    return (
      <>
        {head}
        <Failure error={error} again={() => void refetch()} />
      </>
    );
  }
  if (all.length === 0) {
    return (
      <>
        {head}
        <StoresAway />
        <div className="card">
          <Notice icon={<IconStack2 size={30} />} title={texts.images.empty} hint={texts.images.emptyHint}>
            <Button component={Link} to="/discover/appcenter">
              {texts.images.emptyAction}
            </Button>
          </Notice>
        </div>
      </>
    );
  }
  const sortBy = (by: Sort) => setSort({ by, up: sort.by === by ? !sort.up : upAtFirst(by) });
  return (
    <>
      {head}
      <StoresAway />
      <UpdatesBar rulesShown={rulesShown} toggleRules={() => setRulesShown(!rulesShown)} />
      {rulesShown && (
        <Suspense fallback={<PageLoading />}>
          <div className={classes.rules}>
            <UpdateRules />
          </div>
        </Suspense>
      )}
      <div className={classes.bar}>
        <TextInput
          className={classes.filter}
          type="search"
          aria-label={texts.images.filter}
          placeholder={texts.images.filter}
          leftSection={<IconSearch size={17} />}
          value={typed}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
        <SegmentedControl
          aria-label={texts.common.type}
          data={KINDS}
          value={kind}
          onChange={(value) => setKind(value)}
        />
        <Button
          variant={onlyUpdates ? "filled" : "default"}
          aria-pressed={onlyUpdates}
          leftSection={<IconArrowUp size={17} />}
          onClick={() => setOnly(onlyUpdates ? "" : "updates")}
        >
          {texts.updates.filter(updates?.available ?? 0)}
        </Button>
        <Select
          className={classes.sort}
          aria-label={texts.images.sort}
          data={SORTS}
          value={sort.by}
          allowDeselect={false}
          onChange={(value) => value && setSort({ by: value as Sort, up: upAtFirst(value as Sort) })}
        />
      </div>
      {shown.length === 0 ? (
        <div className="card">
          <Notice icon={<IconFilterSearch size={30} />} title={texts.images.noMatch} hint={texts.images.noMatchHint}>
            <Button variant="default" onClick={() => setAddress({}, { replace: true })}>
              {texts.common.clear}
            </Button>
          </Notice>
        </div>
      ) : (
        <ImageTable rows={shown} sort={sort} onSort={sortBy} selected={selected} onSelect={setSelected} />
      )}
      <SelectionBar rows={chosen} clear={() => setSelected(new Set())} />
    </>
  );
}
