/** The element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Makes an element; text is never taken for HTML. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  Object.assign(element, properties);
  element.append(...children);
  return element;
}

/** Fills a list of terms; `rows` are pairs. */
export function fillTerms(list, rows) {
  list.replaceChildren(...rows.flatMap(([term, value]) => [
    make("dt", {}, term),
    make("dd", {}, value),
  ]));
}

/**
 * Fills a table. Each column has a title and `read`, which gives a text or an
 * element; `sort` is the name to sort by, and `isNumber` aligns it.
 */
export function fillTable(table, columns, rows, { sort = "", onSort } = {}) {
  const head = make("tr");
  for (const column of columns) {
    const cell = make("th", { scope: "col" });
    if (column.isNumber) cell.className = "number";
    if (column.sort && onSort) {
      const isSorted = sort.replace("-", "") === column.sort;
      const arrow = !isSorted ? "" : sort.startsWith("-") ? " ▼" : " ▲";
      const button = make("button", { type: "button" }, column.title + arrow);
      button.addEventListener(
        "click",
        () =>
          onSort(sort === `-${column.sort}` ? column.sort : `-${column.sort}`),
      );
      cell.append(button);
      if (isSorted) {
        cell.ariaSort = sort.startsWith("-") ? "descending" : "ascending";
      }
    } else {
      cell.append(column.title);
    }
    head.append(cell);
  }
  const body = rows.map((row) => {
    const line = make("tr");
    for (const column of columns) {
      const cell = make("td", {}, column.read(row) ?? "");
      if (column.isNumber) cell.className = "number";
      else cell.title = cell.textContent;
      line.append(cell);
    }
    return line;
  });
  if (body.length === 0) {
    const cell = make(
      "td",
      { colSpan: columns.length, className: "empty" },
      "None",
    );
    body.push(make("tr", {}, cell));
  }
  const hadFocus = table.contains(document.activeElement)
    ? document.activeElement.textContent
    : null;
  table.replaceChildren(make("thead", {}, head), make("tbody", {}, ...body));
  if (hadFocus === null) return;
  const again = [...table.querySelectorAll("button")]
    .find(({ textContent }) =>
      textContent.slice(0, 5) === hadFocus.slice(0, 5)
    );
  again?.focus();
}
