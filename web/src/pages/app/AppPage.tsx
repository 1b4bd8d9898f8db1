import { Button } from "@mantine/core";
import { IconAdjustmentsHorizontal, IconCheck, IconChevronLeft, IconDownload } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { useDownload } from "../../api/actions";
import type { ImageType } from "../../api/schema";
import { Bar } from "../../common/marks/Bar";
import { Chip } from "../../common/marks/Chip";
import { ImageTile } from "../../common/marks/ImageTile";
import { TypeChip } from "../../common/marks/TypeChip";
import { Failure } from "../../common/notes/Failure";
import { titlePage } from "../../common/page/title";
import { useIsMember, useWhyNot } from "../../common/session";
import { said } from "../../common/toast";
import { useRunningImage } from "../../downloads/hooks";
import { howFar } from "../../downloads/progress";
import { oneLine } from "../../format/clean";
import { written } from "../../format/names/reference";
import { Lost } from "../../shell/Lost";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import { useInstalled } from "../discover/cards/useInstalled";
import { GetDialog } from "../discover/get/GetDialog";
import { categoryName, type Offer, wantedOf } from "../discover/offer";
import classes from "../image/Image.module.css";
import { pageOf } from "../images/rows";
import { AppFacts } from "./AppFacts";
import { AppTags } from "./AppTags";
import { Inside } from "./Inside";
import { useOffer } from "./useOffer";

/** One app: what it is, what it would take, its tags, and what of it is here. */
export default function AppPage() {
  const params = useParams();
  const [search] = useSearchParams();
  const { type } = params;
  const name = params["*"] ?? "";
  if ((type !== "docker" && type !== "lxc") || !name) return <Lost />;
  return <OneApp key={`${type} ${name}`} type={type} name={name} tag={search.get("tag") ?? ""} />;
}

function OneApp({ type, name, tag }: { type: ImageType; name: string; tag: string }) {
  const { offer, isPending, error, again } = useOffer(type, name, tag);
  if (isPending) return <PageLoading />;
  if (offer) return <App offer={offer} />;
  return error ? <Failure error={error} again={again} /> : <Lost />;
}

function App({ offer }: { offer: Offer }) {
  const download = useDownload();
  const member = useIsMember();
  const whyNot = useWhyNot();
  const installed = useInstalled(offer);
  const running = useRunningImage(offer.type, offer.name, offer.tag);
  const [chosen, setChosen] = useState<string | null>(null);
  const [opened, setOpened] = useState(false);
  const title = oneLine(offer.title, 90);
  const reference = offer.type === "lxc" ? offer.name : written(offer);
  const choose = (tag: string) => {
    setChosen(tag);
    setOpened(true);
  };
  useEffect(() => {
    titlePage(title);
  }, [title]);
  const get = () =>
    download.mutate(
      { ...wantedOf(offer), tag: offer.tag },
      { onSuccess: () => said(texts.discover.started(reference)) },
    );
  return (
    <>
      <Link to="/discover/appcenter" className={`touch ${classes.back}`}>
        <IconChevronLeft size={17} aria-hidden />
        {texts.discover.title}
      </Link>
      <header className={classes.head}>
        <ImageTile name={offer.title} icon={offer.icon} size={60} />
        <div className={classes.title}>
          <h1 className="upstream">{title}</h1>
          <div className={classes.chips}>
            <TypeChip type={offer.type} />
            {!offer.fits && <Chip tone="amber">{texts.discover.foreign(oneLine(offer.arch, 30))}</Chip>}
            {offer.official && <Chip tone="accent">{texts.discover.official}</Chip>}
            {offer.categories.slice(0, 4).map((category) => (
              <Chip key={category} tone="line">
                {categoryName(category)}
              </Chip>
            ))}
          </div>
        </div>
        <div className={classes.actions}>
          {installed ? (
            <Button
              component={Link}
              to={pageOf(offer.type, offer.name, installed)}
              variant="light"
              leftSection={<IconCheck size={17} />}
            >
              {texts.app.open}
            </Button>
          ) : (
            <Button
              leftSection={<IconDownload size={17} />}
              disabled={!member || !!running}
              title={whyNot.member}
              loading={download.isPending}
              onClick={get}
            >
              {texts.discover.get}
            </Button>
          )}
          <Button
            variant="default"
            leftSection={<IconAdjustmentsHorizontal size={17} />}
            disabled={!member}
            title={whyNot.member}
            onClick={() => choose(offer.tag)}
          >
            {texts.discover.choose}
          </Button>
        </div>
      </header>
      {running && <Bar percent={howFar(running)} label={texts.downloads.progress(title)} />}
      <div className={classes.columns}>
        <div className={classes.side}>
          <AppFacts offer={offer} reference={reference} />
          <Inside offer={offer} installed={installed} />
        </div>
        <div className={classes.side}>{offer.type === "docker" && <AppTags offer={offer} choose={choose} />}</div>
      </div>
      {chosen !== null && (
        <GetDialog key={chosen} offer={{ ...offer, tag: chosen }} opened={opened} close={() => setOpened(false)} />
      )}
    </>
  );
}
