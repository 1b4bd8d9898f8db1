"""How often React draws what is in a page, counted by the hook that its developer tools use."""

from __future__ import annotations

from collections import Counter

from playwright.sync_api import Page

COUNTING = """
(() => {
  window.drawn = {};
  const FUNCTIONS = new Set([0, 11, 14, 15]), PERFORMED = 1, HOST = 5;
  // What a component is, by the outermost element that it draws.
  const nameOf = fiber => {
    let inner = fiber.child;
    while (inner && inner.tag !== HOST) inner = inner.child;
    return inner?.memoizedProps?.["data-drawn"] ?? null;
  };
  const walk = (next, before) => {
    if (FUNCTIONS.has(next.tag) && next.flags & PERFORMED && next.child?.tag === HOST) {
      const name = nameOf(next);
      if (name) window.drawn[name] = (window.drawn[name] ?? 0) + 1;
    }
    if (before && next.child === before.child) return;
    for (let child = next.child; child; child = child.sibling) walk(child, child.alternate);
  };
  window.__REACT_DEVTOOLS_GLOBAL_HOOK__ = {
    supportsFiber: true, renderers: new Map(), checkDCE() {}, inject: () => 1, onCommitFiberUnmount() {},
    onPostCommitFiberRoot() {}, onScheduleFiberRoot() {},
    onCommitFiberRoot: (_, root) => walk(root.current, root.current.alternate),
  };
  // Objects of Intl that a page makes while it is drawn.
  window.formatters = 0;
  for (const kind of ["DateTimeFormat", "NumberFormat", "RelativeTimeFormat", "Collator"])
    Intl[kind] = new Proxy(Intl[kind], {
      construct: (real, given) => { window.formatters += 1; return new real(...given); },
      apply: (real, self, given) => { window.formatters += 1; return real(...given); },
    });
})()
"""


def count_renders(page: Page) -> None:
    """From the next load on."""
    page.add_init_script(COUNTING)


def taken(page: Page) -> tuple[Counter[str], int]:
    """How often each thing was drawn, and how many objects of Intl were made, since the last look."""
    drawn, formatters = page.evaluate(
        "() => { const all = [window.drawn, window.formatters]; window.drawn = {}; window.formatters = 0; return all }"
    )
    return Counter(drawn), formatters
