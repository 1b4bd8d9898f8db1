import { Button, FileButton, Progress } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { ApiError } from "../../api/client";
import { type Upload, upload } from "../../api/upload";
import { useIsAdmin } from "../../common/session";
import { failedAs, said } from "../../common/toast";
import { texts } from "../../texts";
import classes from "./Images.module.css";

/** Takes an archive of images; only administrators have it. What comes of it is on the page Downloads. */
export function UploadButton() {
  const admin = useIsAdmin();
  const [percent, setPercent] = useState<number | null>(null);
  const running = useRef<Upload | null>(null);
  useEffect(() => () => running.current?.cancel(), []);
  if (!admin) return null;

  const send = async (file: File | null) => {
    if (file === null) return;
    setPercent(0);
    running.current = upload(file, (sent, total) => setPercent(total > 0 ? Math.floor((100 * sent) / total) : 0));
    try {
      const ids = await running.current.done;
      said(texts.upload.done(ids.length), file.name);
    } catch (error) {
      if (!(error instanceof ApiError && error.reason === "cancelled")) failedAs(texts.upload.failed(file.name), error);
    } finally {
      running.current = null;
      setPercent(null);
    }
  };
  if (percent !== null) {
    const words = percent < 100 ? texts.upload.sending(percent) : texts.upload.checking;
    return (
      <div className={classes.upload}>
        <div role="status">{words}</div>
        <Progress value={percent} animated={percent === 100} aria-label={words} />
        <Button variant="default" onClick={() => running.current?.cancel()}>
          {texts.common.cancel}
        </Button>
      </div>
    );
  }
  return (
    <FileButton onChange={(file) => void send(file)} accept=".tar,.gz,.tgz,.zst,.xz,.bz2">
      {(props) => (
        <Button {...props} variant="default" leftSection={<IconUpload size={17} />} title={texts.upload.hint}>
          {texts.upload.action}
        </Button>
      )}
    </FileButton>
  );
}
