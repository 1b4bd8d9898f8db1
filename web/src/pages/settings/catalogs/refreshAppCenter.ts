import { client } from "../../../api/queries";

/** The App Center lists what the catalogs have: it is asked for again when they change. */
export const refreshAppCenter = () => void client.invalidateQueries({ queryKey: ["depot", "appcenter"] });
