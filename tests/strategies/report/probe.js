// Put into a page that is tested: works it as a reader would, and tells the page around it what it saw.
const seen = { errors: [], refused: [] };
addEventListener("error", (event) => seen.errors.push(String(event.message)));
addEventListener("securitypolicyviolation", (event) => seen.refused.push(event.blockedURI));

addEventListener("load", () => {
  const drawn = Array.from(document.querySelectorAll("svg")).filter((svg) => getComputedStyle(svg).display !== "none");
  const isBlank = (svg) => svg.getBoundingClientRect().height < 60 || !svg.querySelector("path");
  seen.figures = Array.from(document.querySelectorAll("figure"), (figure) => Array.from(figure.querySelectorAll("svg")).filter((svg) => drawn.includes(svg)).length);
  seen.drawn = drawn.length;
  seen.blank = drawn.filter(isBlank).length;
  seen.requests = performance.getEntriesByType("resource").map((entry) => entry.name);
  seen.width = document.documentElement.scrollWidth;
  seen.window = innerWidth;
  seen.surface = getComputedStyle(document.body).backgroundColor;
  const table = document.getElementById("trades-table");
  if (table !== null) seen.table = work(table);
  parent.postMessage(seen, "*");
});

const work = (table) => {
  const rows = () => Array.from(table.tBodies[0].rows, (row) => Array.from(row.cells, (cell) => cell.textContent));
  const heads = Array.from(table.tHead.rows[0].cells);
  const buttons = heads.map((head) => head.querySelector("button"));
  const search = document.querySelector('input[data-table="trades-table"]');
  const [tools, pager] = [search.parentElement, search.parentElement.querySelector(".pager")];
  const size = heads.findIndex((head) => head.textContent === "Size");
  const out = { rows: rows(), range: pager.hidden ? "" : pager.textContent };
  const sorted = () => {
    buttons[size].click();
    return { rows: rows().map((row) => row[size]), mark: heads[size].getAttribute("aria-sort") };
  };
  out.up = sorted();
  out.down = sorted();
  buttons[0].click();
  if (!pager.hidden) pager.lastElementChild.click();
  out.second = { rows: rows(), range: pager.hidden ? "" : pager.textContent };
  search.value = "茅台 2015-01";
  search.dispatchEvent(new Event("input"));
  out.found = rows().map((row) => row.join(" "));
  out.said = tools.querySelector("output").textContent;
  search.value = "no such stock";
  search.dispatchEvent(new Event("input"));
  out.none = rows().length;
  return out;
};
