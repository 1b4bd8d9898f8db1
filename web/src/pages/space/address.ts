import type { SpaceOfImage } from "../../api/schema";
import { pageOf } from "../images/rows";

/** The image's page; for docker its layers, which is what one comes for from here. */
export function blockAddress({ type, name, tag }: Pick<SpaceOfImage, "type" | "name" | "tag">): string {
  return `${pageOf(type, name, tag || "latest")}${type === "docker" ? "?view=layers" : ""}`;
}
