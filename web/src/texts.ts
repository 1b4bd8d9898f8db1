/** Every English sentence of the web UI, by page. Another language is another object of this shape. */

import { audit } from "./texts/audit";
import { app, discover, get, reference } from "./texts/discover";
import { downloads } from "./texts/downloads";
import { image } from "./texts/image";
import { images, remove, upload } from "./texts/images";
import { machines, mirror } from "./texts/mirror";
import { notifications } from "./texts/notifications";
import { login, ownPassword, setup, welcome } from "./texts/session";
import { catalogs, registries, sessions, settings, stores, tokens, users } from "./texts/settings";
import { common, connection, keys, nav } from "./texts/shell";
import { space } from "./texts/space";
import { updates } from "./texts/updates";

export const texts = {
  product: "Image Depot",
  nav,
  common,
  connection,
  keys,
  images,
  remove,
  upload,
  updates,
  image,
  discover,
  app,
  get,
  reference,
  downloads,
  space,
  mirror,
  machines,
  settings,
  users,
  catalogs,
  registries,
  tokens,
  sessions,
  notifications,
  audit,
  stores,
  login,
  ownPassword,
  welcome,
  setup,
} as const;
