// Interactive charts over the ones that the server drew. A figure holds the drawing, a table with the same numbers, and
// their data as JSON; this script puts an interactive chart where the drawing was. Print keeps the drawing.
import * as echarts from "echarts/core";
import { BarChart, LineChart, PieChart, HeatmapChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent, VisualMapComponent, MarkLineComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

echarts.use([BarChart, LineChart, PieChart, HeatmapChart, ScatterChart, AriaComponent, GridComponent, LegendComponent,
	TooltipComponent, VisualMapComponent, MarkLineComponent, SVGRenderer]);

const number = new Intl.NumberFormat();
const charts = new Map();

// css reads the colours of the theme in force.
function css(name) {
	return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function palette() {
	return [1, 2, 3, 4, 5, 6, 7, 8].map((n) => css(`--chart-${n}`));
}

function base(spec) {
	return {
		animation: false,
		color: palette(),
		textStyle: { fontFamily: css("--fontFamilyBase"), color: css("--colorNeutralForeground2") },
		aria: { enabled: true, label: { description: spec.title } },
		tooltip: {
			renderMode: "richText",
			trigger: spec.kind === "pie" ? "item" : "axis",
			backgroundColor: css("--colorNeutralBackground1"),
			borderColor: css("--colorNeutralStroke1"),
			textStyle: { color: css("--colorNeutralForeground1"), fontSize: 12 },
			valueFormatter: (value) => (value === null || value === undefined ? "–" : number.format(value) + (spec.unit ? " " + spec.unit : "")),
			axisPointer: { type: spec.kind === "line" ? "line" : "shadow", shadowStyle: { color: css("--colorNeutralStroke3"), opacity: 0.3 } },
		},
		legend: spec.series.length > 1 || spec.kind === "pie"
			? { type: "scroll", bottom: 0, icon: "roundRect", itemWidth: 12, itemHeight: 12, textStyle: { color: css("--colorNeutralForeground2") } } : undefined,
	};
}

// twoLines cuts a label that would not fit into two lines of so many pixels; the table below has it whole.
function twoLines(text, room) {
	const most = Math.floor(room / 7) * 2 - 8;
	return room && text.length > most ? text.slice(0, most) + "…" : text;
}

function axes(spec, horizontal, width) {
	const line = { lineStyle: { color: css("--colorNeutralStroke1") } };
	const room = Math.min(300, width * 0.42);
	const category = {
		type: "category", data: spec.labels, axisTick: { show: false }, axisLine: line, inverse: horizontal,
		axisLabel: { color: css("--colorNeutralForeground2"), hideOverlap: !horizontal, interval: horizontal || spec.labels.length <= 6 ? 0 : "auto", width: horizontal ? room : undefined, overflow: horizontal ? "break" : "truncate", lineHeight: 14, formatter: (text) => twoLines(text, horizontal ? room : 0) },
	};
	const value = {
		type: "value", minInterval: 1, show: spec.kind !== "funnel", max: spec.kind === "funnel" ? spec.series[0].values[0] || 1 : undefined, splitLine: { lineStyle: { color: css("--colorNeutralStroke3") } },
		axisLabel: { color: css("--colorNeutralForeground2"), formatter: (v) => number.format(v) },
	};
	return horizontal ? { xAxis: value, yAxis: category } : { xAxis: category, yAxis: value };
}

// valueLabel writes a bar's value at its end; a step of a funnel with its share of the first.
function valueLabel(spec, value) {
	const first = spec.series[0].values[0];
	return spec.kind === "funnel" && first ? `${number.format(value)} (${Math.round(100 * value / first)} %)` : number.format(value);
}

// ground marks the labels of which nothing is known by bars behind the others, on axes of their own.
function ground(spec, option) {
	if (!spec.missing || !spec.missing.includes(true)) return option;
	option.xAxis = [option.xAxis, { type: "category", data: spec.labels, show: false }];
	option.yAxis = [option.yAxis, { type: "value", max: 1, show: false }];
	option.series.push({
		name: "no records", type: "bar", xAxisIndex: 1, yAxisIndex: 1, barWidth: "100%", silent: true, z: 0, tooltip: { show: false },
		data: spec.missing.map((m) => (m ? 1 : null)), itemStyle: { color: css("--colorNeutralForeground3"), opacity: 0.14 },
	});
	return option;
}

function cartesian(spec, width) {
	const horizontal = spec.kind === "hbar" || spec.kind === "funnel";
	return ground(spec, {
		...base(spec), ...axes(spec, horizontal, width),
		grid: { left: 8, right: spec.kind === "funnel" ? 84 : horizontal ? 48 : 16, top: 12, bottom: spec.series.length > 1 ? 36 : 8, containLabel: true },
		series: spec.series.map((series) => ({
			name: series.name, data: series.values,
			type: spec.kind === "line" || spec.kind === "area" ? "line" : "bar",
			stack: spec.stacked ? "all" : undefined,
			showSymbol: spec.labels.length < 40, symbolSize: 6, barMaxWidth: 36, smooth: false,
			areaStyle: spec.kind === "area" ? { opacity: 0.25 } : undefined,
			itemStyle: horizontal ? { borderRadius: [0, 3, 3, 0] } : undefined,
			label: horizontal && spec.series.length === 1 ? { show: true, position: "right", color: css("--colorNeutralForeground2"), formatter: (p) => valueLabel(spec, p.value) } : undefined,
			showBackground: spec.kind === "funnel", backgroundStyle: { color: css("--colorNeutralBackground3"), borderRadius: [0, 3, 3, 0] },
		})),
	});
}

function slices(spec) {
	const data = spec.labels.map((name, i) => ({ name, value: spec.series[0].values[i] }));
	const border = { borderColor: css("--colorNeutralBackground1"), borderWidth: 2 };
	const label = { color: css("--colorNeutralForeground1"), formatter: (p) => `${p.name}: ${number.format(p.value)}` };
	return { ...base(spec), series: [{ type: "pie", radius: ["48%", "72%"], center: ["50%", "45%"], itemStyle: border, label, data }] };
}

// option turns the server's description of a chart into one for the library.
export function option(spec, width) {
	return spec.kind === "pie" ? slices(spec) : cartesian(spec, width);
}

function draw(figure) {
	const data = figure.querySelector("script[data-chart]");
	const box = figure.querySelector(".plot");
	if (!data || !box || charts.has(box)) return;
	const spec = JSON.parse(data.textContent);
	const still = box.querySelector(".plot-still");
	const live = document.createElement("div");
	live.className = "plot-live";
	box.append(live);
	const chart = echarts.init(live, null, { renderer: "svg", height: box.clientHeight || 280 });
	chart.setOption(option(spec, box.clientWidth));
	if (still) still.classList.add("print-only");
	charts.set(box, { chart, spec, live });
	new ResizeObserver(() => chart.resize()).observe(live);
	if (spec.links) chart.on("click", (p) => { if (spec.links[p.dataIndex]) location.href = spec.links[p.dataIndex]; });
}

function drawAll(root) {
	for (const figure of root.querySelectorAll("figure")) draw(figure);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
	for (const [box, { chart, spec }] of charts) chart.setOption(option(spec, box.clientWidth), true);
});
document.addEventListener("htmx:beforeSwap", (event) => {
	for (const [box, { chart }] of charts) {
		if (event.detail.target?.contains(box)) {
			chart.dispose();
			charts.delete(box);
		}
	}
});
document.addEventListener("htmx:afterSwap", (event) => drawAll(event.detail.target));
document.addEventListener("passtrail:swapped", (event) => drawAll(event.target));
drawAll(document);
