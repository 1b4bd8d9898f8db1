import { Button, Group, Modal } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconAlertTriangle, IconDownload, IconExternalLink } from "@tabler/icons-react";
import { useState } from "react";
import { useDownload } from "../../../api/actions";
import { usePlatforms } from "../../../api/queries";
import { Callout } from "../../../common/notes/Callout";
import { useIsMember, useThisSystem, useWhyNot } from "../../../common/session";
import { said } from "../../../common/toast";
import { oneLine } from "../../../format/clean";
import { registryOf, written } from "../../../format/names/reference";
import { fits } from "../../../format/platform";
import { texts } from "../../../texts";
import { useInstalled } from "../cards/useInstalled";
import classes from "../Discover.module.css";
import { type Offer, wantedOf } from "../offer";
import { PlatformPicker } from "./PlatformPicker";
import { TagPicker } from "./TagPicker";

/** Tag and platform of one image, then the download. */
export function GetDialog({ offer, opened, close }: { offer: Offer; opened: boolean; close: () => void }) {
  const { platform: host } = useThisSystem();
  const member = useIsMember();
  const whyNot = useWhyNot();
  const download = useDownload();
  const [tag, setTag] = useState(offer.tag);
  const [asked] = useDebouncedValue(tag.trim(), 300);
  const [platform, setPlatform] = useState("");
  const docker = offer.type === "docker";
  const known = usePlatforms(offer.from, offer.type, offer.name, asked, opened && docker && member);
  const installed = useInstalled({ ...offer, tag });
  const unfit = docker ? known.data?.fits === false : !offer.fits;
  const offered = docker ? (known.data?.platforms ?? []) : offer.arches.map((arch) => `linux/${arch}`);
  const wanted = platform || (docker || offer.fits || !offer.arch ? "" : `linux/${offer.arch}`);
  const page =
    /^https:\/\/hub\.docker\.com\//.test(offer.location) && registryOf(offer.name) === null ? offer.location : null;

  const get = () =>
    download.mutate(
      { ...wantedOf(offer), tag: tag.trim() || offer.tag, platform: wanted || null },
      {
        onSuccess: () => {
          said(texts.discover.started(docker ? written({ name: offer.name, tag }) : offer.name));
          close();
        },
      },
    );

  return (
    <Modal
      opened={opened}
      onClose={close}
      title={<span className="upstream">{texts.get.title(oneLine(offer.title, 80))}</span>}
      closeButtonProps={{ "aria-label": texts.common.close }}
    >
      <div className={classes.dialog}>
        <span className="mono upstream">
          {docker ? written({ name: offer.name, tag: tag || offer.tag }) : offer.name}
        </span>
        {docker && <TagPicker name={offer.name} value={tag} onChange={setTag} enabled={opened && member} />}
        {(docker || offered.length > 1) && (
          <PlatformPicker platforms={offered} host={known.data?.host ?? host} value={platform} onChange={setPlatform} />
        )}
        <div role="status">
          {unfit && !(platform && fits(platform, host)) && (
            <Callout tone="amber" icon={<IconAlertTriangle size={19} aria-hidden />}>
              {texts.get.unfit(host)}
            </Callout>
          )}
          {known.error && (
            <Callout tone="amber" icon={<IconAlertTriangle size={19} aria-hidden />}>
              {oneLine(known.error.message, 300)}
            </Callout>
          )}
        </div>
        {page && (
          <a href={page} target="_blank" rel="noopener noreferrer">
            {texts.get.onHub} <IconExternalLink size={14} aria-hidden />
          </a>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={close}>
            {texts.common.cancel}
          </Button>
          <Button
            leftSection={<IconDownload size={17} />}
            disabled={!member || tag.trim() === ""}
            title={whyNot.member}
            loading={download.isPending}
            onClick={get}
            data-autofocus
          >
            {installed === tag ? texts.get.again : texts.get.action}
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
