/** The pages and dialogs that are fetched when they are first opened, and all of them soon after the first page stands. */

import { lazy } from "react";
import { fetchLostStyles } from "./styles";

const load = {
  images: () => import("./images/Images"),
  image: () => import("./image/Image"),
  discover: () => import("./discover/Discover"),
  app: () => import("./app/AppPage"),
  downloads: () => import("./downloads/Downloads"),
  space: () => import("./space/Space"),
  mirror: () => import("./mirror/Mirror"),
  settings: () => import("./settings/Settings"),
  palette: () => import("../shell/keys/Palette"),
  ownPassword: () => import("../shell/user/OwnPassword"),
};

/** With the style sheets that were lost when it was fetched ahead. */
function whole<T>(fetch: () => Promise<T>): () => Promise<T> {
  return async () => {
    const page = await fetch();
    await fetchLostStyles();
    return page;
  };
}

export const Images = lazy(whole(load.images));
export const Image = lazy(whole(load.image));
export const Discover = lazy(whole(load.discover));
export const App = lazy(whole(load.app));
export const Downloads = lazy(whole(load.downloads));
export const Space = lazy(whole(load.space));
export const Mirror = lazy(whole(load.mirror));
export const Settings = lazy(whole(load.settings));
export const fetchPalette = whole(load.palette);
export const fetchOwnPassword = whole(load.ownPassword);

const SOON = 5000;

/** So that a page opens also while the service is away. */
export function fetchTheRest(): () => void {
  const timer = setTimeout(() => {
    for (const fetch of Object.values(load)) void fetch().catch(() => {});
  }, SOON);
  return () => clearTimeout(timer);
}
