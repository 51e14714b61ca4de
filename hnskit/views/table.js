(function () {
  const root = document.currentScript.closest(".hkt");
  const { columns, rows, ids, colours } = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  const table = root.querySelector("table"), body = table.tBodies[0], size = 25;
  const low = rows.map((row) => row.join("\n").toLowerCase());
  let order = rows.map((_, at) => at), found = order, page = 0, sorted = -1, down = false;

  const make = (tag, text, more) => Object.assign(document.createElement(tag), { textContent: text, ...more });
  const said = make("span", "", { className: "said" });
  said.setAttribute("role", "status");
  const search = make("input", "", { type: "search", placeholder: "search all columns" });
  const label = make("label", "Search ");
  label.append(search);
  const back = make("button", "‹ back", { type: "button", onclick: () => turn(page - 1) });
  const on = make("button", "next ›", { type: "button", onclick: () => turn(page + 1) });
  const bar = make("div", "", { className: "bar" });
  bar.append(label, back, on, said);
  root.querySelector(".bar").replaceWith(bar);

  [...table.tHead.rows[0].cells].forEach((cell, at) => {
    const button = make("button", columns[at], { type: "button", title: "Sort by " + columns[at] });
    button.onclick = () => sort(at);
    cell.replaceChildren(button);
  });

  function sort(at) {
    down = sorted === at ? !down : false;
    sorted = at;
    const compare = new Intl.Collator(undefined, { numeric: true }).compare;
    order = [...order].sort((a, b) => (down ? -1 : 1) * compare(rows[a][at], rows[b][at]));
    [...table.tHead.rows[0].cells].forEach((cell, n) =>
      n === at ? cell.setAttribute("aria-sort", down ? "descending" : "ascending") : cell.removeAttribute("aria-sort"));
    filter();
  }

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = order.filter((at) => words.every((word) => low[at].includes(word)));
    turn(0);
  }

  // An arrow stays whole, and a path or an image's name may go on in the next line.
  function cell(text, more, colour) {
    const made = make("td", "", more), whole = () => make("span", "->", { className: "arrow" });
    const parts = text.length > 34 ? text.split(/(->|(?<=[^\s/])\/(?=[^\s/]))/) : text.split(/(->)/);
    if (colour) Object.assign(made.style, { color: colour, fontWeight: "bold" });
    made.append(...parts.flatMap((part) => part === "->" ? [whole()] : part === "/" ? [part, make("wbr", "")] : [part]));
    return made;
  }

  function turn(to) {
    const last = Math.max(0, Math.ceil(found.length / size) - 1);
    page = Math.min(Math.max(0, to), last);
    const part = found.slice(page * size, (page + 1) * size);
    body.replaceChildren(...part.map((at) => {
      const line = document.createElement("tr");
      line.append(...rows[at].map((text, n) => cell(text, ids[n] ? { title: ids[n][at] } : {}, (colours[n] || {})[text])));
      return line;
    }));
    back.disabled = page === 0;
    on.disabled = page === last;
    const first = found.length ? page * size + 1 : 0;
    said.textContent = `${first} to ${page * size + part.length} of ${found.length}` +
      (found.length < rows.length ? ` (all: ${rows.length})` : "");
  }

  search.oninput = filter;
  turn(0);
})();
