/** Style sheets that did not come while the service was away.
 *
 * The bundle asks for the style sheet of a page once, and takes it for loaded ever after: a page whose code came, and
 * whose style sheet did not, would stand there naked. */

const lost = new Set<string>();

export function watchStyles(): void {
  const note = ({ target }: Event) => {
    if (!(target instanceof HTMLLinkElement) || target.rel !== "stylesheet") return;
    lost.add(target.href);
    target.remove();
  };
  document.addEventListener("error", note, true);
}

/** Fails when one of them is out of reach still. */
export async function fetchLostStyles(): Promise<void> {
  await Promise.all([...lost].map(fetchStyle));
}

function fetchStyle(href: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    link.addEventListener("load", () => {
      lost.delete(href);
      resolve();
    });
    link.addEventListener("error", () => reject(new Error(`Unable to preload CSS for ${href}`)));
    document.head.append(link);
  });
}
