// The language service of Kusto in a worker of its own, narrowed to the tables, functions and operators that the server
// says its engine has. Messages carry an id; the answer carries the same id.
import "@kusto/language-service-next/bridge.min.js";
import "@kusto/language-service-next/Kusto.Language.Bridge.min.js";

const kusto = globalThis.Kusto.Language;
const { Symbols, Editor } = kusto;
const kinds = ["text", "keyword", "text", "keyword", "text", "text", "type", "keyword", "keyword", "keyword", "keyword", "keyword", "enum",
	"property", "class", "function", "function", "function", "method", "variable", "variable", "namespace", "namespace", "class", "namespace", "class", "type", "keyword", "class"];
const operatorKinds = new Set([1, 3, 8, 9]);
const scalar = {
	bool: "Bool", datetime: "DateTime", decimal: "Decimal", dynamic: "Dynamic", guid: "Guid", int: "Int", long: "Long", real: "Real",
	string: "String", timespan: "TimeSpan",
};

let globals = kusto.GlobalState.Default;
let operators = null;
let knownOperators = new Set();
let script = null;

// list copies one of the service's lists into an array.
function list(of) {
	const all = [];
	const count = of ? System.Array.getCount(of) : 0;
	for (let i = 0; i < count; i++) all.push(System.Array.getItem(of, i));
	return all;
}

function tableOf(table) {
	const columns = table.columns.map((c) => new Symbols.ColumnSymbol(c.name, Symbols.ScalarTypes[scalar[c.type] || "Dynamic"], c.help || null));
	return new Symbols.TableSymbol.$ctor6(table.name, columns, table.help || null);
}

function setSchema(schema) {
	const keep = (names, all) => {
		const wanted = new Set(names);
		return names.length ? all.filter((f) => wanted.has(f.Name)) : all;
	};
	const database = new Symbols.DatabaseSymbol.ctor("Passtrail", schema.tables.map(tableOf));
	const start = kusto.GlobalState.Default;
	globals = start
		.WithFunctions(keep(schema.functions, list(start.Functions)))
		.WithAggregates(keep(schema.aggregates, list(start.Aggregates)))
		.WithPlugIns(list(start.PlugIns).filter((p) => schema.plugins.includes(p.Name)))
		.WithDatabase(database);
	operators = schema.operators.length ? new Set(schema.operators) : null;
	knownOperators = allOperators();
	script = null;
	return true;
}

// allOperators asks the service which words it offers after a pipe, so that other keywords are left alone.
function allOperators() {
	const text = "print a=1 | ";
	const items = Editor.CodeScript.From$1(text, globals).GetBlockAtPosition(text.length).Service.GetCompletionItems(text.length).Items;
	return new Set(list(items).filter((i) => operatorKinds.has(i.Kind) || i.Kind === 9).map((i) => i.DisplayText));
}

function scriptOf(text) {
	script = script ? script.WithText(text) : Editor.CodeScript.From$1(text, globals);
	return script;
}

function complete({ text, position }) {
	const block = scriptOf(text).GetBlockAtPosition(position);
	if (!block) return { from: position, items: [] };
	const info = block.Service.GetCompletionItems(position);
	const items = list(info.Items).filter(allowed).map((item) => ({
		label: item.DisplayText, match: item.MatchText || item.DisplayText, kind: kinds[item.Kind] || "text",
		before: (item.BeforeText ?? item.DisplayText).replace(/\( $/, "("), after: item.AfterText || "",
	}));
	return { from: info.EditStart, items };
}

function allowed(item) {
	return !operators || !knownOperators.has(item.DisplayText) || item.Kind !== 9 || operators.has(item.DisplayText);
}

function diagnose({ text }) {
	return list(scriptOf(text).Blocks).flatMap((block) => list(block.Service.GetDiagnostics())).map((d) => ({
		from: d.Start, to: d.Start + Math.max(d.Length, 1), message: d.Message, code: d.Code,
		severity: d.Severity === "Error" ? "error" : d.Severity === "Warning" ? "warning" : "info",
	})).filter((d) => d.severity !== "info");
}

function format({ text }) {
	return list(scriptOf(text).Blocks).map((block) => block.Service.GetFormattedText().Text).join("").replace(/\r\n/g, "\n");
}

function hover({ text, position }) {
	const block = scriptOf(text).GetBlockAtPosition(position);
	const info = block && block.Service.GetQuickInfo(position);
	return info && info.Text ? info.Text.replace(/\r\n/g, "\n") : "";
}

const calls = { schema: setSchema, complete, diagnose, format, hover };

onmessage = ({ data }) => {
	try {
		postMessage({ id: data.id, result: calls[data.call](data.args) });
	} catch (error) {
		postMessage({ id: data.id, error: String(error) });
	}
};
postMessage({ ready: true });
