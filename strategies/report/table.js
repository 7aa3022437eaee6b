"use strict";
// Sorts, searches and turns the pages of the tables marked "sortable", whose rows are in a block of JSON.
(() => {
  const PAGE = 100;

  // A column as functions of a row: what it shows, and what it sorts by (null comes last).
  const columnOf = (data) => {
    if (data.words) {
      const order = data.words.map((_, word) => word);
      order.sort((a, b) => data.words[a].localeCompare(data.words[b]));
      const rank = [];
      order.forEach((word, place) => { rank[word] = place; });
      const word = (row) => data.values[row];
      return { number: false, text: (row) => (word(row) < 0 ? "–" : data.words[word(row)]), key: (row) => (word(row) < 0 ? null : rank[word(row)]) };
    }
    const options = { minimumFractionDigits: data.digits, maximumFractionDigits: data.digits, signDisplay: "negative" };
    const format = new Intl.NumberFormat("en-US", options);
    const value = (row) => data.values[row];
    return { number: true, text: (row) => (value(row) === null ? "–" : format.format(value(row)).replace("-", "−") + data.unit), key: value };
  };

  const ready = (table) => {
    const columns = JSON.parse(document.getElementById(`${table.id}-data`).textContent).map(columnOf);
    const body = table.tBodies[0];
    const heads = Array.from(table.tHead.rows[0].cells);
    const input = document.querySelector(`input[data-table="${table.id}"]`);
    const tools = input.parentElement;
    const output = tools.querySelector("output");
    const said = output.textContent;
    const pager = tools.querySelector(".pager");
    const [back, range, forth] = pager.children;
    const total = Number(table.dataset.rows);
    let order = Array.from({ length: total }, (_, row) => row);
    let found = order;
    let start = 0;
    let texts = null; // of each row, for searching; made when first needed

    const show = () => {
      const rows = found.slice(start, start + PAGE).map((row) => {
        const line = document.createElement("tr");
        for (const column of columns) {
          const cell = line.insertCell();
          if (column.number) cell.className = "number";
          cell.textContent = column.text(row);
        }
        return line;
      });
      body.replaceChildren(...rows);
      pager.hidden = found.length <= PAGE;
      const last = Math.min(start + PAGE, found.length);
      range.textContent = `${(start + 1).toLocaleString("en")}–${last.toLocaleString("en")} of ${found.length.toLocaleString("en")}`;
      back.disabled = start === 0;
      forth.disabled = last === found.length;
    };

    const turn = (step) => {
      start += step * PAGE;
      show();
      table.parentElement.scrollTop = 0;
    };

    const search = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      if (words.length && texts === null) texts = Array.from({ length: total }, (_, row) => columns.map((column) => column.text(row)).join(" ").toLowerCase());
      found = words.length ? order.filter((row) => words.every((word) => texts[row].includes(word))) : order;
      output.textContent = words.length ? `${found.length.toLocaleString("en")} of ${total.toLocaleString("en")}` : said;
      start = 0;
      show();
    };

    const sort = (place) => {
      const descending = heads[place].getAttribute("aria-sort") === "ascending";
      heads.forEach((head) => head.removeAttribute("aria-sort"));
      heads[place].setAttribute("aria-sort", descending ? "descending" : "ascending");
      const key = columns[place].key;
      order = order.slice().sort((a, b) => {
        const [x, y] = [key(a), key(b)];
        if (x === null || y === null) return (x === null) - (y === null);
        return descending ? y - x : x - y;
      });
      search();
    };

    heads.forEach((head, place) => head.querySelector("button").addEventListener("click", () => sort(place)));
    input.addEventListener("input", search);
    back.addEventListener("click", () => turn(-1));
    forth.addEventListener("click", () => turn(1));
    show();
  };

  for (const table of document.querySelectorAll("table.sortable")) ready(table);
})();
