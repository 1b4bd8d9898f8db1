/** What Back brings again of the list of images, besides what stands in its address. */

export const remembered: { selected: ReadonlySet<string>; scroll: number } = { selected: new Set(), scroll: 0 };
