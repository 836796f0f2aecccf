// Sort the table by a column (click or Enter on its heading; again for the other direction) and filter its rows.
const table = document.getElementById("class"), rows = [...table.tBodies[0].rows];
const fields = ["name", "grade", "state"].map((id) => document.getElementById(id));

function sort(column, heading) {
  const down = heading.getAttribute("aria-sort") === "ascending";
  table.querySelectorAll("th").forEach((each) => each.removeAttribute("aria-sort"));
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const order = (a, b) => (isNaN(key(a)) ? key(a).localeCompare(key(b), undefined, { numeric: true }) : key(a) - key(b));
  rows.sort((a, b) => (down ? -order(a, b) : order(a, b))).forEach((row) => table.tBodies[0].append(row));
}

function filter() {
  const [name, grade, state] = fields.map((each) => each.value.trim().toLowerCase());
  for (const row of rows) {
    row.hidden = !(row.cells[0].textContent.toLowerCase().includes(name)
      && (!grade || row.dataset.grade.toLowerCase() === grade)
      && (!state || row.dataset.shows.split(" ").includes(state)));
  }
  document.getElementById("count").textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} shown`;
}

table.querySelectorAll("thead th").forEach((heading, column) => {
  heading.querySelector("button").addEventListener("click", () => sort(column, heading));
});
fields.forEach((each) => each.addEventListener("input", filter));
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
filter();
