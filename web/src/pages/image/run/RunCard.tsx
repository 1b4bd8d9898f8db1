import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { address, segments } from "../../../api/client";
import { useLxcFiles, useMirror } from "../../../api/queries";
import type { Inspect } from "../../../api/rows";
import type { ImageType } from "../../../api/schema";
import { Code } from "../../../common/code/Code";
import { Section } from "../../../common/page/Section";
import { useIsAdmin, useThisSystem } from "../../../common/session";
import { servedAs } from "../../../format/names/own";
import type { Reference } from "../../../format/names/reference";
import { texts } from "../../../texts";
import classes from "../Image.module.css";
import { LoadInto } from "./LoadInto";
import { composeFile, containerName, dockerRun, lxcLines, quadlet } from "./run";

interface Props {
  reference: Reference;
  inspect: Inspect;
}

/** The line that starts a container of this image. */
export function RunCard({ type, reference, inspect }: Props & { type: ImageType }) {
  const { stores } = useThisSystem();
  const admin = useIsAdmin();
  const kind = stores.find((store) => store.type === type)?.kind ?? "embedded";
  const files = useLxcFiles(reference.name, reference.tag, type === "lxc" && kind === "embedded" && admin);
  return (
    <Section title={texts.image.run} hint={texts.image.runHint[type]}>
      {type === "lxc" ? (
        <Code text={lxcLines(reference.name, kind, files.data)} label={texts.image.run} />
      ) : kind === "embedded" ? (
        <FromHere reference={reference} inspect={inspect} />
      ) : (
        <Lines reference={reference} inspect={inspect} />
      )}
      {type === "docker" ? (
        <>
          <SaveAs reference={reference} isOurs={kind === "embedded"} />
          {admin && <LoadInto reference={reference} />}
        </>
      ) : (
        kind === "embedded" && <SaveLxc name={reference.name} tag={reference.tag} />
      )}
    </Section>
  );
}

const WAYS = ["run", "compose", "quadlet"] as const;
type Way = (typeof WAYS)[number];

/** What starts a container, in the form that is chosen. */
function Lines({ reference, inspect, from }: Props & { from?: string }) {
  const [way, setWay] = useState<Way>("run");
  const words = texts.image.ways;
  const text = { run: dockerRun, compose: composeFile, quadlet }[way](reference, inspect, from);
  const hint = words.hints[way](containerName(reference.name));
  return (
    <>
      <SegmentedControl
        mb="xs"
        aria-label={words.label}
        data={WAYS.map((each) => ({ value: each, label: words.names[each] }))}
        value={way}
        onChange={(chosen) => setWay(chosen as Way)}
      />
      <Code text={text} label={texts.image.run} />
      {hint && <p className={classes.quiet}>{hint}</p>}
    </>
  );
}

/** The image as a file; an engine writes no OCI archive. */
function SaveAs({ reference: { name, tag }, isOurs }: { reference: Reference; isOurs: boolean }) {
  const from = address(`/image/docker/${segments(name)}/${encodeURIComponent(tag)}/export`);
  return (
    <p className={classes.quiet}>
      <a href={from} download>
        {texts.image.saveAs}
      </a>{" "}
      {texts.image.saveAsHint}
      {isOurs && (
        <>
          {" "}
          <a href={`${from}?format=oci-archive`} download>
            {texts.image.saveAsOci}
          </a>
        </>
      )}
    </p>
  );
}

/** One file of metadata and root file system. */
function SaveLxc({ name, tag }: Reference) {
  return (
    <p className={classes.quiet}>
      <a href={address(`/image/lxc/${segments(name)}/${encodeURIComponent(tag)}/export`)} download>
        {texts.image.saveAs}
      </a>{" "}
      {texts.image.saveAsHintLxc}
    </p>
  );
}

/** Docker pulls the image from this service, which has it. */
function FromHere({ reference, inspect }: Props) {
  const { users_defined } = useThisSystem();
  const { host, hostname, protocol } = window.location;
  const mirror = useMirror();
  const path = servedAs(reference.name, mirror.data?.upstreams ?? []);
  if (mirror.isPending) return null;
  if (path === null) {
    return (
      <>
        <Lines reference={reference} inspect={inspect} />
        <p className={classes.quiet}>{texts.image.runElsewhere}</p>
      </>
    );
  }
  // Docker takes plain http from loopback as it is.
  const plain = protocol === "http:" && !/^(localhost|127\.[\d.]+)$/.test(hostname);
  return (
    <>
      <Lines reference={reference} inspect={inspect} from={`${host}/${path}`} />
      <p className={classes.quiet}>
        {texts.image.runHere}
        {plain && (
          <>
            {" "}
            {texts.image.runPlain(host)} <Link to="/mirror/machines">{texts.image.runSetUp}</Link>
          </>
        )}
      </p>
      {users_defined && (
        <>
          <p className={classes.quiet}>
            {texts.image.runLogin} <Link to="/settings/tokens">{texts.machines.loginTokens}</Link>
          </p>
          <Code text={`docker login ${host}`} label={texts.image.runLogin} />
        </>
      )}
    </>
  );
}
