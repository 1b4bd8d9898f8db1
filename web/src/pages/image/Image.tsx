import { Button } from "@mantine/core";
import { IconArrowUp, IconChevronLeft, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useEffect, useMemo, useState } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { ApiError } from "../../api/client";
import { useInspect, useLocal, useUpdate } from "../../api/queries";
import { localByName } from "../../api/rows";
import type { ImageType } from "../../api/schema";
import { updatesFor, useCheck, useStartUpdates, useUpdates } from "../../api/updates";
import { CopyButton } from "../../common/code/CopyButton";
import { Bar } from "../../common/marks/Bar";
import { Chip } from "../../common/marks/Chip";
import { ImageTile } from "../../common/marks/ImageTile";
import { TypeChip } from "../../common/marks/TypeChip";
import { Failure } from "../../common/notes/Failure";
import { TabLinks } from "../../common/page/TabLinks";
import { titlePage } from "../../common/page/title";
import { useIsAdmin, useIsMember, useWhyNot } from "../../common/session";
import { said } from "../../common/toast";
import { useRunningImage } from "../../downloads/hooks";
import { howFar } from "../../downloads/progress";
import { bytes } from "../../format/amounts";
import { isOwn, pullable, shown } from "../../format/names/own";
import { shortDigest, written } from "../../format/names/reference";
import { platformOf } from "../../format/platform";
import { Lost } from "../../shell/Lost";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import { RemoveDialog } from "../images/RemoveDialog";
import { rowOf } from "../images/rows";
import { verdictOf } from "../images/updates/updates";
import classes from "./Image.module.css";
import { LayersView } from "./LayersView";
import { Overview } from "./Overview";
import { RawView } from "./RawView";
import { TagsView } from "./TagsView";
import { UpdateState } from "./UpdateState";

type View = keyof typeof texts.image.tabs;

export default function Image() {
  const params = useParams();
  const path = (params["*"] ?? "").split("/");
  const tag = path.pop() ?? "";
  const name = path.join("/");
  const { type } = params;
  if ((type !== "docker" && type !== "lxc") || !name || !tag) return <Lost />;
  return <OneImage key={`${type} ${name} ${tag}`} type={type} name={name} tag={tag} />;
}

function OneImage({ type, name, tag }: { type: ImageType; name: string; tag: string }) {
  const inspect = useInspect(type, name, tag);
  const { data: found } = useLocal((list) => localByName(list).get(`${type}/${name}`));
  const row = useMemo(() => found && rowOf(found), [found]);
  const [search] = useSearchParams();
  const [removing, setRemoving] = useState(false);
  const start = useStartUpdates();
  const wanted = [{ type, name, tag }];
  const { data: [known] = [] } = useUpdates((all) => updatesFor(wanted, all.results));
  const { data: update } = useUpdate(type, name, tag, !tag.includes(":") && !isOwn(name));
  const running = useRunningImage(type, name, tag);
  const admin = useIsAdmin();
  const whyNot = useWhyNot();
  const member = useIsMember();
  const navigate = useNavigate();
  const own = isOwn(name);
  const reference = type === "lxc" ? name : written({ name: shown(name), tag });

  const check = useCheck((rows) => said(verdictOf(reference, rows)));

  useEffect(() => {
    titlePage(reference);
  }, [reference]);

  if (inspect.isPending) return <PageLoading />;
  if (!inspect.data) {
    const gone = inspect.error instanceof ApiError && inspect.error.status === 404;
    return gone ? <Lost /> : <Failure error={inspect.error} again={() => void inspect.refetch()} />;
  }
  const views = (Object.keys(texts.image.tabs) as View[]).filter(
    (view) => (type === "docker" || (view !== "layers" && view !== "tags")) && !(own && view === "tags"),
  );
  const asked = search.get("view") as View;
  const view = views.includes(asked) ? asked : "overview";
  const { Size } = inspect.data;
  const platform = platformOf(type, inspect.data);
  const version = known?.update ? known.version : null;
  const size = update?.size ?? known?.size;
  const others = row?.tags.length ?? 1;

  return (
    <>
      <Link to="/" className={`touch ${classes.back}`}>
        <IconChevronLeft size={17} aria-hidden />
        {texts.image.back}
      </Link>
      <header className={classes.head}>
        <ImageTile name={shown(name)} icon={row?.icon} size={60} />
        <div className={classes.title}>
          <h1 className="upstream">
            {shown(name)}
            {type === "docker" && <span>{tag.includes(":") ? `@${shortDigest(tag)}` : `:${tag}`}</span>}
          </h1>
          <div className={classes.chips}>
            <TypeChip type={type} />
            {platform && <Chip>{platform}</Chip>}
            <Chip>{bytes(Size)}</Chip>
            {own ? (
              <Chip tone="accent">{texts.image.pushedHere}</Chip>
            ) : (
              <UpdateState type={type} name={name} tag={tag} />
            )}
          </div>
        </div>
        <div className={classes.actions}>
          <CopyButton text={type === "lxc" ? name : written({ name: pullable(name), tag })} label={texts.images.copy} />
          {!own && !update?.update && (
            <Button
              variant="default"
              leftSection={<IconRefresh size={17} />}
              disabled={!member || !!running || tag.includes(":")}
              title={whyNot.member}
              loading={check.isPending}
              onClick={() => check.mutate(wanted)}
            >
              {texts.updates.checkOne}
            </Button>
          )}
          {!own && update?.update && (
            <Button
              leftSection={<IconArrowUp size={17} />}
              disabled={!member || !!running}
              title={whyNot.member}
              loading={start.isPending}
              onClick={() => start.mutate(wanted, { onSuccess: () => said(texts.discover.started(reference)) })}
            >
              {version ? texts.updates.toVersion(version, size) : texts.updates.one(size)}
            </Button>
          )}
          <Button
            variant="light"
            color="red"
            leftSection={<IconTrash size={17} />}
            disabled={!admin}
            title={whyNot.admin}
            onClick={() => setRemoving(true)}
          >
            {texts.images.remove}
          </Button>
        </div>
      </header>
      {running && <Bar percent={howFar(running)} label={texts.downloads.progress(reference)} />}
      <TabLinks
        label={reference}
        links={views.map((one) => ({ to: one === "overview" ? "?" : `?view=${one}`, words: texts.image.tabs[one] }))}
        current={view === "overview" ? "?" : `?view=${view}`}
      />
      {view === "overview" && <Overview type={type} reference={{ name, tag }} inspect={inspect.data} />}
      {view === "layers" && <LayersView name={name} tag={tag} />}
      {view === "tags" && <TagsView name={name} />}
      {view === "json" && <RawView inspect={inspect.data} />}
      <RemoveDialog
        opened={removing}
        targets={[{ type, name, tags: [tag], whole: type === "lxc" || others === 1 }]}
        close={() => setRemoving(false)}
        removed={() => void navigate("/")}
      />
    </>
  );
}
