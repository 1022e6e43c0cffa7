// Draws usage: stacked bars, or areas where there are too many for bars. The numbers stand in the page as a table too;
// here they are only drawn, in the colours of the legend beside them.
"use strict";

(() => {
  const HEIGHT = 220;
  const MOST_BARS = 130;
  const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  const exact = new Intl.NumberFormat("en", { maximumFractionDigits: 6 });
  const said = (format, value) => format.format(value).replace("-", "\u2212");
  const drawn = new WeakMap();

  const colours = (figure) =>
    [...figure.querySelectorAll(".swatch")].map((each) => getComputedStyle(each).backgroundColor);

  // What lies below zero is stacked downwards, from zero as well.
  const stacked = (series, length) => {
    const up = new Array(length).fill(0);
    const down = new Array(length).fill(0);
    return series.map(({ values }) =>
      values.map((value, index) => (value < 0 ? (down[index] += value) : (up[index] += value))),
    );
  };

  const tip = (plot) => {
    const made = document.createElement("div");
    made.className = "tip";
    made.hidden = true;
    plot.append(made);
    return made;
  };

  const row = (name, value, colour) => {
    const made = document.createElement("p");
    if (colour !== undefined) {
      const swatch = document.createElement("i");
      swatch.className = "swatch";
      swatch.style.background = colour;
      made.append(swatch);
    }
    const [label, amount] = [document.createElement("span"), document.createElement("b")];
    label.textContent = name;
    amount.textContent = value;
    made.append(label, amount);
    return made;
  };

  const tell = (made, data, index, paint) => {
    const title = document.createElement("strong");
    title.textContent = data.titles[index];
    const used = data.series
      .map((each, at) => ({ label: each.label, value: each.values[index], colour: paint[at] }))
      .filter((each) => each.value !== 0);
    const total = used.reduce((sum, each) => sum + each.value, 0);
    const rows = data.series.length > 1 ? used.map((each) => row(each.label, said(exact, each.value), each.colour)) : [];
    made.replaceChildren(title, ...rows, row(rows.length > 0 ? "Total" : data.unit, said(exact, total)));
  };

  const options = (data, plot, paint, width) => {
    const style = getComputedStyle(plot);
    const bars = data.labels.length <= MOST_BARS;
    const axis = {
      stroke: style.color,
      font: `12px ${style.fontFamily}`,
      ticks: { show: false },
      grid: { stroke: style.borderTopColor, width: 1 },
    };
    const hint = tip(plot);
    const band = document.createElement("div");
    band.className = "band";
    const paths = bars ? uPlot.paths.bars({ size: [0.7, 40], radius: data.series.length > 1 ? 0 : [0.14, 0] }) : uPlot.paths.stepped({ align: 1 });
    const made = data.series.map((each, index) => ({
      label: each.label,
      fill: paint[index],
      stroke: paint[index],
      width: bars ? 0 : 1,
      points: { show: false },
      fillTo: 0,
      paths,
    }));
    return {
      width,
      height: HEIGHT,
      legend: { show: false },
      padding: [8, 22, 0, 0],
      cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } },
      scales: {
        x: { time: false, range: () => [-0.5, data.labels.length - 0.5] },
        y: { range: (_, low, high) => (low === high && low === 0 ? [0, 1] : [Math.min(0, low * 1.08), Math.max(0, high * 1.08)]) },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 28,
          incrs: [1, 2, 3, 4, 6, 7, 12, 14, 24, 28, 30, 48, 60, 72, 120, 168, 365],
          space: 62,
          values: (_, places) => places.map((each) => (Number.isInteger(each) ? (data.labels[each] ?? "") : "")),
        },
        { ...axis, size: 54, space: 36, values: (_, places) => places.map((each) => said(short, each)) },
      ],
      // The last of the stack reaches furthest, so it is painted first and the others over it.
      series: [{}, ...made.reverse()],
      hooks: {
        ready: [(chart) => chart.over.append(band)],
        setCursor: [
          (chart) => {
            const index = chart.cursor.left < 0 ? null : Math.round(chart.posToVal(chart.cursor.left, "x"));
            hint.hidden = index === null || index < 0 || index >= data.labels.length;
            band.hidden = hint.hidden;
            if (hint.hidden) return;
            const [from, to] = [chart.valToPos(index - 0.5, "x"), chart.valToPos(index + 0.5, "x")];
            band.style.left = `${from}px`;
            band.style.width = `${to - from}px`;
            tell(hint, data, index, paint);
            const left = chart.over.offsetLeft + (from + to) / 2;
            const right = left > plot.clientWidth / 2;
            hint.style.left = right ? "auto" : `${left + 14}px`;
            hint.style.right = right ? `${plot.clientWidth - left + 14}px` : "auto";
          },
        ],
      },
    };
  };

  const draw = (figure) => {
    const plot = figure.querySelector(".plot");
    const text = figure.dataset.graph;
    const known = drawn.get(plot);
    if (known !== undefined && known.text === text && known.chart.root.isConnected) return;
    known?.chart.destroy();
    plot.replaceChildren();
    const data = JSON.parse(text);
    const paint = colours(figure);
    const places = data.labels.map((_, index) => index);
    const heights = stacked(data.series, places.length).reverse();
    const chart = new uPlot(options(data, plot, paint, plot.clientWidth), [places, ...heights], plot);
    drawn.set(plot, { chart, text });
    wide.observe(plot);
  };

  const wide = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const chart = drawn.get(target)?.chart;
      if (chart !== undefined && target.clientWidth > 0 && chart.width !== target.clientWidth) {
        chart.setSize({ width: target.clientWidth, height: HEIGHT });
      }
    }
  });

  const all = () => {
    for (const figure of document.querySelectorAll("[data-graph]")) draw(figure);
  };

  const again = () => {
    for (const plot of document.querySelectorAll("[data-graph] .plot")) {
      drawn.get(plot)?.chart.destroy();
      drawn.delete(plot);
    }
    all();
  };

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  document.addEventListener("DOMContentLoaded", all);
  document.addEventListener("htmx:afterSettle", all);
  document.addEventListener("live:shown", all);
})();
