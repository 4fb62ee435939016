// The charts of the dashboard and of the work report.
import { bars, keepDrawn, tone } from "../console/charts.js";

// Things, not times: each has its name beside its bar.
const OF_THINGS = new Set(["states", "kinds", "categories", "task-types", "cost-kinds"]);
const figures = (name) => JSON.parse(document.getElementById(`chart-${name}`).textContent);

function datasets(name, rows) {
  if (name === "load") return [bars("Dates", rows.map((row) => row.dates), tone("--accent"))];
  if (name === "states") return [bars("Orders", rows.map((row) => row.orders), tone("--accent"))];
  if (["kinds", "categories", "task-types"].includes(name)) return [bars("Completed", rows.map((row) => row.completed), tone("--accent"))];
  if (name.startsWith("cost-")) return [
    bars("Labour", rows.map((row) => Number(row.labor_cost)), tone("--accent")),
    bars("Parts", rows.map((row) => Number(row.parts_cost)), tone("--chart-late")),
    bars("Other", rows.map((row) => Number(row.other_cost)), tone("--success")),
  ];
  if (name === "work") return [
    bars("Came in", rows.map((row) => row.reported), tone("--chart-late"), { stack: "in" }),
    bars("Completed", rows.map((row) => row.completed), tone("--success"), { stack: "done" }),
  ];
  return [
    bars("On time", rows.map((row) => row.compliant), tone("--success")),
    bars("Late", rows.map((row) => row.late), tone("--chart-late")),
    bars("Missed", rows.map((row) => row.missed), tone("--danger")),
  ];
}

keepDrawn("canvas[data-chart]", (canvas) => {
  const name = canvas.dataset.chart;
  const rows = figures(name);
  return { labels: rows.map((row) => row.label), datasets: datasets(name, rows), ofThings: OF_THINGS.has(name) };
});
