import { IconBox } from "@tabler/icons-react";
import { useSpace } from "../../api/queries";
import { Failure } from "../../common/notes/Failure";
import { Notice } from "../../common/notes/Notice";
import { PageHead } from "../../common/page/PageHead";
import { Section } from "../../common/page/Section";
import { bytes } from "../../format/amounts";
import { usable } from "../../format/disk";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import { CleanupCard } from "./CleanupCard";
import { DiskCard } from "./DiskCard";
import { ImageSizes } from "./ImageSizes";
import { Treemap } from "./map/Treemap";
import classes from "./Space.module.css";
import { VerifyCard } from "./VerifyCard";

const words = texts.space;

export default function Space() {
  const { data, error, refetch, isPending } = useSpace();
  if (isPending) return <PageLoading />;
  if (!data) {
    return (
      <>
        <PageHead title={words.title} />
        <Failure error={error} again={() => void refetch()} />
      </>
    );
  }
  return (
    <>
      <PageHead title={words.title} hint={words.diskLabel(bytes(data.used), bytes(usable(data)), bytes(data.total))} />
      <div className={classes.grid}>
        <div className={classes.upper}>
          <DiskCard space={data} />
          <CleanupCard reclaimable={data.reclaimable} />
          <VerifyCard />
        </div>
        {data.images.length === 0 ? (
          <div className="card">
            <Notice icon={<IconBox size={30} />} title={words.empty} hint={words.emptyHint} />
          </div>
        ) : (
          <>
            <Section title={words.map} hint={data.blobs.length > 0 ? words.mapHint : words.engine}>
              <Treemap space={data} />
            </Section>
            <Section title={words.list}>
              <ImageSizes images={data.images} />
            </Section>
          </>
        )}
      </div>
    </>
  );
}
