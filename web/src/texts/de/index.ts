/** Every sentence of the web UI in German. A key that the English texts have and these lack fails the type check. */

import type { Texts } from "../en";
import { audit } from "./audit";
import { app, discover, get, reference } from "./discover";
import { downloads } from "./downloads";
import { image } from "./image";
import { images, remove, upload } from "./images";
import { machines, mirror } from "./mirror";
import { notifications } from "./notifications";
import { reasons } from "./reasons";
import { login, ownPassword, setup, welcome } from "./session";
import { catalogs, registries, sessions, settings, stores, tokens, users } from "./settings";
import { common, connection, keys, nav } from "./shell";
import { space } from "./space";
import { updates } from "./updates";

export const de: Texts = {
  product: "Image Depot",
  reasons,
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
};
