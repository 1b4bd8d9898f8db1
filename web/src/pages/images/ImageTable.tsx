import { Checkbox } from "@mantine/core";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useLayoutEffect, useRef, useState } from "react";
import { useNavigationType } from "react-router";
import { texts } from "../../texts";
import { ImageLine } from "./ImageLine";
import classes from "./Images.module.css";
import { remembered } from "./remembered";
import type { ImageRow, Sort } from "./rows";

interface Props {
  rows: readonly ImageRow[];
  sort: { by: Sort; up: boolean };
  onSort: (by: Sort) => void;
  selected: ReadonlySet<string>;
  onSelect: (change: (before: ReadonlySet<string>) => ReadonlySet<string>) => void;
}

/** Only the lines in view are in the document: 3,000 images scroll as 30 do. */
export function ImageTable({ rows, sort, onSort, selected, onSelect }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  const back = useRef(useNavigationType() === "POP");
  useLayoutEffect(() => {
    if (list.current) setMargin(list.current.getBoundingClientRect().top + window.scrollY);
    const keep = () => {
      remembered.scroll = window.scrollY;
    };
    if (back.current) window.scrollTo(0, remembered.scroll);
    window.addEventListener("scroll", keep, { passive: true });
    return () => window.removeEventListener("scroll", keep);
  }, []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => 69,
    overscan: 8,
    scrollMargin: margin,
    getItemKey: (index) => rows[index]?.key ?? index,
  });
  const toggle = useCallback(
    (key: string) =>
      onSelect((before) => {
        const next = new Set(before);
        if (!next.delete(key)) next.add(key);
        return next;
      }),
    [onSelect],
  );
  const count = rows.filter((row) => selected.has(row.key)).length;
  const heading = (by: Sort, words: string, extra = "") => (
    <div
      role="columnheader"
      aria-sort={sort.by !== by ? "none" : sort.up ? "ascending" : "descending"}
      className={extra}
    >
      <button type="button" className={classes.column} onClick={() => onSort(by)}>
        {words}
        {sort.by === by &&
          (sort.up ? <IconChevronUp size={14} aria-hidden /> : <IconChevronDown size={14} aria-hidden />)}
      </button>
    </div>
  );
  return (
    <div className="card" role="table" aria-label={texts.images.table} aria-rowcount={rows.length + 1}>
      <div className={classes.heads} role="rowgroup">
        <div className={classes.columns} role="row" aria-rowindex={1}>
          <div role="columnheader">
            <Checkbox
              size="sm"
              aria-label={texts.images.selectAll}
              checked={count > 0 && count === rows.length}
              indeterminate={count > 0 && count < rows.length}
              onChange={() => onSelect(() => new Set(count === rows.length ? [] : rows.map((row) => row.key)))}
            />
          </div>
          {heading("name", texts.images.columns.name)}
          <div role="columnheader">{texts.images.columns.tags}</div>
          <div role="columnheader">{texts.images.columns.type}</div>
          {heading("size", texts.images.columns.size)}
          <div role="columnheader" className={classes.wide}>
            {texts.images.columns.platform}
          </div>
          {heading("created", texts.images.columns.created, classes.wide)}
          <div role="columnheader">
            <span className="unseen">{texts.common.more}</span>
          </div>
        </div>
      </div>
      <div className={classes.rows} role="rowgroup" ref={list} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return (
            row && (
              <ImageLine
                key={item.key}
                row={row}
                index={item.index}
                top={item.start - margin}
                selected={selected.has(row.key)}
                toggle={toggle}
                measure={virtual.measureElement}
              />
            )
          );
        })}
      </div>
    </div>
  );
}
