// Draws how many targets were kept, and again when the appearance changes.
"use strict";

const drawn = [];

function tone(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function bars(label, rows, key, color) {
  return { label, data: rows.map((row) => row[key]), backgroundColor: tone(color), maxBarThickness: 26, borderRadius: 3 };
}

function draw() {
  while (drawn.length) drawn.pop().destroy();
  const text = tone("--text"), line = tone("--line");
  for (const canvas of document.querySelectorAll("canvas[data-trend]")) {
    const rows = JSON.parse(document.getElementById("sla-trends").textContent)[canvas.dataset.trend];
    drawn.push(new Chart(canvas, {
      type: "bar",
      data: {
        labels: rows.map((row) => row.label),
        datasets: [bars("In time", rows, "kept", "--success"), bars("Too late", rows, "missed", "--danger"), bars("Excused", rows, "excused", "--chart-excused")],
      },
      options: {
        responsive: true, maintainAspectRatio: false, animation: false,
        interaction: { mode: "index", intersect: false },
        plugins: { legend: { position: "bottom", align: "start", labels: { color: text, boxWidth: 12, boxHeight: 12 } } },
        scales: {
          x: { stacked: true, grid: { display: false }, ticks: { color: text, maxRotation: 0, autoSkipPadding: 8 }, border: { color: line } },
          y: { stacked: true, beginAtZero: true, grid: { color: line }, ticks: { color: text, precision: 0, maxTicksLimit: 5 }, border: { display: false } },
        },
      },
    }));
  }
}

window.addEventListener("load", draw);
new MutationObserver(() => { if (drawn.length) draw(); }).observe(document.documentElement, { attributeFilter: ["class"] });
