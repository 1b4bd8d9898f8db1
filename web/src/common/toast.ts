/** Short messages in the corner, read out by screen readers. */

import { notifications } from "@mantine/notifications";
import { oneLine } from "../format/clean";
import { texts } from "../texts";

export function said(message: string, title?: string): void {
  notifications.show({
    message: oneLine(message),
    title: title && oneLine(title, 120),
    color: "petrol",
    role: "status",
    closeButtonProps: { "aria-label": texts.common.close },
  });
}

export function failedAs(title: string, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  notifications.show({
    title: oneLine(title, 120),
    message: oneLine(message, 400),
    color: "red",
    autoClose: 10_000,
    role: "alert",
    closeButtonProps: { "aria-label": texts.common.close },
  });
}

export const failed = (error: unknown): void => failedAs(texts.common.failed, error);
