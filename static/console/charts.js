// Draws the bar charts of a page, and changes only those whose figures are others when a part of the page is renewed. A chart
// that stands keeps its canvas, so nothing flickers and the figures under the pointer go on being shown.
const drawn = new Map();

export function tone(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function bars(label, data, color, more) {
  return { label, data, backgroundColor: color, maxBarThickness: 26, borderRadius: 3, ...more };
}

function options() {
  const text = tone("--text");
  const line = tone("--line");
  return {
    responsive: true, maintainAspectRatio: false, animation: false,
    interaction: { mode: "index", intersect: false },
    plugins: { legend: { position: "bottom", align: "start", labels: { color: text, boxWidth: 12, boxHeight: 12 } } },
    scales: {
      x: { stacked: true, grid: { display: false }, ticks: { color: text, maxRotation: 0, autoSkipPadding: 8 }, border: { color: line } },
      y: { stacked: true, beginAtZero: true, grid: { color: line }, ticks: { color: text, precision: 0, maxTicksLimit: 5 }, border: { display: false } },
    },
  };
}

// Bars of things lie, so that there is room for every name.
function begin(canvas, { ofThings, ...data }) {
  const settings = options();
  settings.plugins.legend.display = data.datasets.length > 1;
  if (ofThings) {
    const { x, y } = settings.scales;
    settings.indexAxis = settings.interaction.axis = "y";
    settings.scales = { x: { ...y, stacked: true }, y: { ...x, ticks: { ...x.ticks, autoSkip: false } } };
  }
  return new Chart(canvas, { type: "bar", data, options: settings });
}

function change(chart, data) {
  chart.data.labels = data.labels;
  data.datasets.forEach((fresh, place) => { chart.data.datasets[place].data = fresh.data; });
  chart.update("none");
}

// Keeps the charts in `selector` drawn; `dataOf` reads from the page what a canvas shows, and whether its bars are of things.
export function keepDrawn(selector, dataOf) {
  function draw() {
    for (const canvas of drawn.keys()) if (!canvas.isConnected) forget(canvas);
    for (const canvas of document.querySelectorAll(selector)) {
      const data = dataOf(canvas);
      const figures = JSON.stringify(data);
      const known = drawn.get(canvas);
      if (known?.figures === figures) continue;
      if (known) change(known.chart, data);
      drawn.set(canvas, { figures, chart: known?.chart ?? begin(canvas, data) });
    }
  }
  function forget(canvas) {
    drawn.get(canvas).chart.destroy();
    drawn.delete(canvas);
  }
  document.addEventListener("htmx:afterSettle", draw);
  document.addEventListener("renewed", draw);
  new MutationObserver(() => {
    for (const canvas of drawn.keys()) forget(canvas);
    draw();
  }).observe(document.documentElement, { attributeFilter: ["class"] });
  draw();
}
