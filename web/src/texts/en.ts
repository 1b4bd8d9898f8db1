/** Every English sentence of the web UI, by page. */

import { audit } from "./audit";
import { app, discover, get, reference } from "./discover";
import { downloads } from "./downloads";
import { image } from "./image";
import { images, remove, upload } from "./images";
import { machines, mirror } from "./mirror";
import { notifications } from "./notifications";
import { login, ownPassword, setup, welcome } from "./session";
import { catalogs, registries, sessions, settings, stores, tokens, users } from "./settings";
import { common, connection, keys, nav } from "./shell";
import { space } from "./space";
import { updates } from "./updates";

export const en = {
  product: "Image Depot",
  /** Sentences for reasons of failures, in place of the service's own, which are English already. */
  reasons: {} as Record<string, string>,
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

/** What another language has to have: the same keys, and functions of the same arguments. */
export type Texts = Translated<typeof en>;

type Translated<T> = T extends string
  ? string
  : T extends (...given: infer Given) => string
    ? (...given: Given) => string
    : { readonly [Key in keyof T]: Translated<T[Key]> };
