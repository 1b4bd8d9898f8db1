/** Who looks, and what they may do. */

import { createContext, useContext } from "react";
import type { System } from "../api/schema";
import { texts } from "../texts";

export const SystemContext = createContext<System | null>(null);

/** The service as it was at the last look; pages below the shell always have it. */
export function useThisSystem(): System {
  const system = useContext(SystemContext);
  if (!system) throw new Error("used outside of the shell");
  return system;
}

/** What the looker may do: apart from the rest, which changes with each image that comes. */
export const RoleContext = createContext<System["role"]>("viewer");

export const useIsAdmin = (): boolean => useContext(RoleContext) === "administrator";

/** Whether they may download, which administrators may, too. */
export const useIsMember = (): boolean => useContext(RoleContext) !== "viewer";

/** Why a button is grey: the reason where a member, or an administrator, is needed, and undefined where one is there. */
export function useWhyNot(): { member?: string; admin?: string } {
  const member = useIsMember();
  const admin = useIsAdmin();
  return {
    member: member ? undefined : texts.common.forMembers,
    admin: admin ? undefined : texts.common.forAdmins,
  };
}
