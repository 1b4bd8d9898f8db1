import { client } from "../../api/queries";

/** What the App Center lists changes with the catalogs. */
export const listAnew = () => void client.invalidateQueries({ queryKey: ["depot", "appcenter"] });
