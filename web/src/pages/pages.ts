/** The pages, each fetched when it is first opened, and all of them soon after the first one stands. */

import { lazy } from "react";

const load = {
  images: () => import("./images/Images"),
  image: () => import("./image/Image"),
  discover: () => import("./discover/Discover"),
  downloads: () => import("./downloads/Downloads"),
  space: () => import("./space/Space"),
  mirror: () => import("./mirror/Mirror"),
  settings: () => import("./settings/Settings"),
};

export const Images = lazy(load.images);
export const Image = lazy(load.image);
export const Discover = lazy(load.discover);
export const Downloads = lazy(load.downloads);
export const Space = lazy(load.space);
export const Mirror = lazy(load.mirror);
export const Settings = lazy(load.settings);

const SOON = 5000;

/** So that a page opens also while the service is away. */
export function fetchTheRest(): () => void {
  const timer = setTimeout(() => {
    for (const fetch of Object.values(load)) void fetch().catch(() => {});
  }, SOON);
  return () => clearTimeout(timer);
}
