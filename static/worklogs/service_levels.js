// The charts of how many targets were kept.
import { bars, keepDrawn, tone } from "../console/charts.js";

keepDrawn("canvas[data-trend]", (canvas) => {
  const rows = JSON.parse(document.getElementById("sla-trends").textContent)[canvas.dataset.trend];
  const of = (label, key, color) => bars(label, rows.map((row) => row[key]), tone(color));
  return {
    labels: rows.map((row) => row.label),
    datasets: [of("In time", "kept", "--success"), of("Too late", "missed", "--danger"), of("Excused", "excused", "--chart-excused")],
  };
});
