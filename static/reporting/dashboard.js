// Draws the dashboard's charts when they arrive, and again when the appearance changes.
"use strict";

const drawn = [];

function tone(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function values(name) {
  return JSON.parse(document.getElementById(`chart-${name}`).textContent);
}

function bars(label, data, color, pattern) {
  return { label, data, backgroundColor: color, borderColor: color, borderWidth: pattern ? 2 : 0, barThickness: "flex", maxBarThickness: 26, borderRadius: 3 };
}

function datasets(name, rows) {
  if (name === "load") return [bars("Dates", rows.map((row) => row.dates), tone("--accent"))];
  if (name === "kinds") return [bars("Completed", rows.map((row) => row.completed), tone("--accent"))];
  if (name === "work") return [
    { ...bars("Came in", rows.map((row) => row.reported), tone("--chart-late")), stack: "in" },
    { ...bars("Completed", rows.map((row) => row.completed), tone("--success")), stack: "done" },
  ];
  return [
    bars("On time", rows.map((row) => row.compliant), tone("--success")),
    bars("Late", rows.map((row) => row.late), tone("--chart-late")),
    bars("Missed", rows.map((row) => row.missed), tone("--danger")),
  ];
}

function draw() {
  while (drawn.length) drawn.pop().destroy();
  for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
    const rows = values(canvas.dataset.chart);
    const text = tone("--text");
    drawn.push(new Chart(canvas, {
      type: "bar",
      data: { labels: rows.map((row) => row.label), datasets: datasets(canvas.dataset.chart, rows) },
      options: {
        responsive: true, maintainAspectRatio: false, animation: false,
        interaction: { mode: "index", intersect: false },
        plugins: { legend: { display: !["load", "kinds"].includes(canvas.dataset.chart), position: "bottom", align: "start", labels: { color: text, boxWidth: 12, boxHeight: 12, usePointStyle: false } } },
        scales: {
          x: { stacked: true, grid: { display: false }, ticks: { color: text, maxRotation: 0, autoSkipPadding: 8 }, border: { color: tone("--line") } },
          y: { stacked: true, beginAtZero: true, grid: { color: tone("--line") }, ticks: { color: text, precision: 0, maxTicksLimit: 5 }, border: { display: false } },
        },
      },
    }));
  }
}

document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "charts") draw(); });
// A page that brings its charts along.
if (document.querySelector("canvas[data-chart]")) draw();
new MutationObserver(() => { if (drawn.length) draw(); }).observe(document.documentElement, { attributeFilter: ["class"] });
