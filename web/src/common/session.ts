/** Who looks, and what they may do. */

import { createContext, useContext } from "react";
import type { System } from "../api/schema";

export const SystemContext = createContext<System | null>(null);

/** The service as it was at the last look; pages below the shell always have it. */
export function useThisSystem(): System {
  const system = useContext(SystemContext);
  if (!system) throw new Error("used outside of the shell");
  return system;
}

export const useIsAdmin = (): boolean => useThisSystem().is_admin;

/** Whether they may download, which administrators may, too. */
export const useIsMember = (): boolean => useThisSystem().role !== "viewer";
