import type { ReactNode } from "react";
import { useIsNarrow } from "./media.js";
import styles from "./table.module.css";

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** Stands at the end of its cell, so that digits are below digits. */
  readonly isNumber?: boolean;
  readonly isSortable?: boolean;
}

export interface TableProps<Row> {
  /** What the table has, in words; read by a screen reader before it. */
  readonly caption: string;
  readonly isCaptionSeen?: boolean;
  /** The first names the row. */
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** On a phone: a list of the rows, or the table itself, which scrolls sideways. Default: a list. */
  readonly onPhone?: "list" | "scroll";
  readonly sort?: { readonly column: string; readonly isDescending: boolean };
  readonly onSort?: (column: string) => void;
}

export function Table<Row>(props: TableProps<Row>) {
  const isNarrow = useIsNarrow();
  return isNarrow && props.onPhone !== "scroll" ? <RowList {...props} /> : <RowTable {...props} />;
}

function RowTable<Row>(props: TableProps<Row>) {
  const { caption, isCaptionSeen = false, columns, rows, rowKey } = props;
  return (
    <section className={styles["region"]} aria-label={caption} tabIndex={0}>
      <table className={styles["table"]}>
        <caption className={isCaptionSeen ? styles["caption"] : "only-heard"}>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.id} column={column} table={props} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map(({ id, cell, isNumber }, index) =>
                index === 0 ? (
                  <th key={id} scope="row" className={isNumber ? styles["number"] : undefined}>
                    {cell(row)}
                  </th>
                ) : (
                  <td key={id} className={isNumber ? styles["number"] : undefined}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Head<Row>({ column, table }: { readonly column: Column<Row>; readonly table: TableProps<Row> }) {
  const { id, title, isNumber, isSortable } = column;
  const { sort, onSort } = table;
  const direction = sort?.isDescending ? "descending" : "ascending";
  return (
    <th
      scope="col"
      className={isNumber ? styles["number"] : undefined}
      aria-sort={isSortable && sort?.column === id ? direction : undefined}
    >
      {isSortable && onSort !== undefined ? (
        <button type="button" className={styles["sort"]} onClick={() => onSort(id)}>
          {title}
          <span aria-hidden="true">{sort?.column === id ? (sort.isDescending ? " ↓" : " ↑") : ""}</span>
        </button>
      ) : (
        title
      )}
    </th>
  );
}

function RowList<Row>({ caption, isCaptionSeen = false, columns, rows, rowKey }: TableProps<Row>) {
  const [first, ...others] = columns;
  return (
    <>
      {isCaptionSeen ? <p className={styles["caption"]}>{caption}</p> : null}
      <ul aria-label={caption}>
        {rows.map((row) => (
          <li key={rowKey(row)} className={styles["item"]}>
            <div className={styles["heading"]}>{first?.cell(row)}</div>
            <dl>
              {others.map(({ id, title, cell }) => (
                <div key={id} className={styles["pair"]}>
                  <dt>{title}</dt>
                  <dd>{cell(row)}</dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ul>
    </>
  );
}
