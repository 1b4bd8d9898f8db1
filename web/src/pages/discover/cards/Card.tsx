import { ActionIcon, Button, Tooltip } from "@mantine/core";
import {
  IconAdjustmentsHorizontal,
  IconCheck,
  IconDownload,
  IconRosetteDiscountCheck,
  IconStar,
} from "@tabler/icons-react";
import { memo } from "react";
import { Link } from "react-router";
import { useDownload } from "../../../api/actions";
import { Bar } from "../../../common/marks/Bar";
import { Chip } from "../../../common/marks/Chip";
import { ImageTile } from "../../../common/marks/ImageTile";
import { TypeChip } from "../../../common/marks/TypeChip";
import { useIsMember } from "../../../common/session";
import { said } from "../../../common/toast";
import { useRunningImage } from "../../../downloads/hooks";
import { howFar } from "../../../downloads/progress";
import { bytes, compact } from "../../../format/amounts";
import { oneLine } from "../../../format/clean";
import { written } from "../../../format/names/reference";
import { texts } from "../../../texts";
import { appPage } from "../../app/useOffer";
import { pageOf } from "../../images/rows";
import classes from "../Discover.module.css";
import { categoryName, type Offer, wantedOf } from "../offer";
import { useInstalled } from "./useInstalled";

/** One found image. The button takes what the catalog recommends; the other one lets choose. */
export const Card = memo(function Card({ offer, choose }: { offer: Offer; choose: (offer: Offer) => void }) {
  const download = useDownload();
  const running = useRunningImage(offer.type, offer.name, offer.tag);
  const installed = useInstalled(offer);
  const member = useIsMember();
  const title = oneLine(offer.title, 90);
  const get = () =>
    download.mutate(
      { ...wantedOf(offer), tag: offer.tag },
      { onSuccess: () => said(texts.discover.started(offer.type === "lxc" ? offer.name : written(offer))) },
    );
  return (
    <li className={`card ${classes.card} ${offer.fits ? "" : classes.foreign}`} data-drawn={`card ${offer.name}`}>
      <div className={classes.top}>
        <span className={classes.icon}>
          <ImageTile name={offer.title} icon={offer.icon} size={48} />
        </span>
        <div className={classes.title}>
          <h2 className="name upstream" title={title}>
            <Link className="reach" to={appPage(offer)}>
              {title}
            </Link>
          </h2>
          <span className="mono name upstream" title={offer.name}>
            {offer.tag === "latest" || offer.type === "lxc" ? offer.name : written(offer)}
          </span>
        </div>
      </div>
      <p className={`upstream ${classes.about}`}>{oneLine(offer.description, 260)}</p>
      <div className={classes.chips}>
        <TypeChip type={offer.type} />
        {offer.official && (
          <Chip tone="accent" icon={<IconRosetteDiscountCheck size={13} aria-hidden />}>
            {texts.discover.official}
          </Chip>
        )}
        {offer.trusted && !offer.official && (
          <Chip tone="accent" icon={<IconRosetteDiscountCheck size={13} aria-hidden />}>
            {texts.discover.verified}
          </Chip>
        )}
        {!offer.fits && <Chip tone="amber">{texts.discover.foreign(oneLine(offer.arch, 30))}</Chip>}
        {offer.size !== null && <Chip>{bytes(offer.size)}</Chip>}
        {offer.stars !== null && offer.stars > 0 && (
          <Chip icon={<IconStar size={12} aria-hidden />} title={texts.discover.stars(compact(offer.stars))}>
            {compact(offer.stars)}
          </Chip>
        )}
        {offer.pulls !== null && offer.pulls > 0 && <Chip>{texts.discover.pulls(compact(offer.pulls))}</Chip>}
        {offer.categories.slice(0, 2).map((category) => (
          <Chip key={category} tone="line">
            {categoryName(category)}
          </Chip>
        ))}
      </div>
      <div className={classes.foot}>
        {running ? (
          <Bar percent={howFar(running)} label={texts.downloads.progress(title)} height={8} />
        ) : installed ? (
          <Button
            component={Link}
            to={pageOf(offer.type, offer.name, installed)}
            variant="subtle"
            leftSection={<IconCheck size={17} />}
            aria-label={`${texts.discover.installed}: ${title}`}
          >
            {texts.discover.installed}
          </Button>
        ) : !member ? null : (
          <Button
            variant={offer.fits ? "light" : "default"}
            leftSection={<IconDownload size={17} />}
            loading={download.isPending}
            aria-label={texts.get.title(title)}
            onClick={get}
          >
            {texts.discover.get}
          </Button>
        )}
        <Tooltip label={texts.discover.choose}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            aria-label={texts.discover.options(title)}
            onClick={() => choose(offer)}
          >
            <IconAdjustmentsHorizontal size={18} />
          </ActionIcon>
        </Tooltip>
      </div>
    </li>
  );
});
