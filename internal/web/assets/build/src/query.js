// The query page: an editor where the plain text box was, with completion and squiggles from the language service in a
// worker and from the server's own engine; running, cancelling, formatting; sorting the result; this browser's history.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, startCompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { forceLinting, linter, lintGutter, lintKeymap } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, hoverTooltip, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { colours, language } from "./kql-language.js";

const form = document.getElementById("query-form");
const box = form.querySelector("textarea");
const result = document.getElementById("result");
const runButton = document.getElementById("run");
const cancelButton = document.getElementById("cancel");
const nonce = document.querySelector("script[nonce]")?.nonce || "";
const historyKey = "passtrail.queries." + form.dataset.tenant;
let running = null;

// ---- the worker ----

const worker = new Worker(form.dataset.worker);
const waiting = new Map();
let nextID = 0;
let ready = false;

worker.onmessage = ({ data }) => {
	if (data.ready) {
		loadSchema();
		return;
	}
	const call = waiting.get(data.id);
	waiting.delete(data.id);
	if (data.error) call?.reject(new Error(data.error));
	else call?.resolve(data.result);
};

function ask(call, args) {
	return new Promise((resolve, reject) => {
		const id = ++nextID;
		waiting.set(id, { resolve, reject });
		worker.postMessage({ id, call, args });
	});
}

async function loadSchema() {
	const answer = await fetch(form.dataset.schema, { headers: { Accept: "application/json" } });
	if (!answer.ok) return;
	await ask("schema", await answer.json());
	ready = true;
	document.documentElement.dataset.editor = "ready";
	forceLinting(view);
}

// ---- completion, hover, squiggles ----

// engine asks the server's own editor service; it knows what our engine adds and says it in its words. Without an answer
// in time the worker's knowledge has to do.
async function engine(what, text, position) {
	if (!form.dataset.editor) return null;
	const [path, search] = form.dataset.editor.split("?");
	try {
		const answer = await fetch(`${path}/${what}${search ? "?" + search : ""}`, {
			method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text, position }), signal: AbortSignal.timeout(700),
		});
		return answer.ok ? await answer.json() : null;
	} catch {
		return null;
	}
}

const engineKinds = { table: "class", column: "property", variable: "variable", function: "function", aggregate: "method", window: "function", plugin: "function", operator: "keyword", keyword: "keyword", type: "type", value: "enum" };

// merged puts the worker's completions first and adds what only the engine knows; help comes from the engine.
function merged(from, items, ours) {
	const options = items.map((item, i) => ({ label: item.match, displayLabel: item.label, type: item.kind, boost: -Math.min(i, 98), apply: applyCompletion(item) }));
	if (!ours || (options.length && ours.span.start !== from)) return { from, options };
	const byLabel = new Map(options.map((o) => [o.label, o]));
	for (const item of ours.items) {
		const known = byLabel.get(item.label);
		const info = [item.detail, item.help].filter(Boolean).join("\n");
		if (known) known.info = info || undefined;
		else options.push({ label: item.label, type: engineKinds[item.kind] || "text", info: info || undefined, boost: -99, apply: applyCompletion({ before: item.insert.slice(0, item.caret), after: item.insert.slice(item.caret) }) });
	}
	return { from: options.length > items.length && !items.length ? ours.span.start : from, options };
}

function applyCompletion(item) {
	return (editor, _, from, to) => {
		editor.dispatch({ changes: { from, to, insert: item.before + item.after }, selection: { anchor: from + item.before.length }, userEvent: "input.complete" });
		if (item.before.endsWith(" ") || item.before.endsWith("(")) startCompletion(editor);
	};
}

async function complete(context) {
	const word = context.matchBefore(/[\w-]+$/);
	if (!ready || (!word && !context.explicit && !/[|(,\s]$/.test(context.state.sliceDoc(Math.max(0, context.pos - 1), context.pos)))) return null;
	const text = context.state.doc.toString();
	const [theirs, ours] = await Promise.all([ask("complete", { text, position: context.pos }), engine("complete", text, context.pos)]);
	const { from, options } = merged(theirs.from, theirs.items, ours);
	if (!options.length || context.aborted) return null;
	return { from, options, validFor: /^[\w-]*$/ };
}

const hover = hoverTooltip(async (editor, position) => {
	if (!ready) return null;
	const source = editor.state.doc.toString();
	const ours = await engine("hover", source, position);
	const text = ours ? [ours.title, ours.text, ours.example].filter(Boolean).join("\n") : await ask("hover", { text: source, position });
	if (!text) return null;
	return { pos: position, create: () => {
		const dom = document.createElement("div");
		dom.className = "kql-hover";
		dom.textContent = text;
		return { dom };
	} };
});

async function engineMistakes(text) {
	const answer = await fetch(form.dataset.validate, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text }) });
	return answer.ok ? (await answer.json()).diagnostics || [] : [];
}

// lint merges both opinions: the engine decides what is a mistake; where it is silent about a place, the service's
// remark counts as a warning, because the engine would run the query.
async function lint(editor) {
	const text = editor.state.doc.toString();
	if (!text.trim()) return [];
	const [ours, theirs] = await Promise.all([engineMistakes(text).catch(() => []), ready ? ask("diagnose", { text }).catch(() => []) : []]);
	const end = editor.state.doc.length;
	const covered = (d) => ours.some((o) => o.from <= d.to && d.from <= o.to);
	const softened = theirs.filter((d) => !covered(d)).map((d) => ({ ...d, severity: ours.length ? d.severity : "warning" }));
	return [...ours.map((d) => ({ severity: "error", ...d })), ...softened].map((d) => ({
		from: Math.min(d.from, end), to: Math.min(Math.max(d.to, d.from + 1), end), severity: d.severity, message: d.message,
		source: d.code || undefined,
	}));
}

// ---- the editor ----

const view = new EditorView({
	doc: box.value,
	extensions: [
		EditorView.cspNonce.of(nonce),
		keymap.of([
			{ key: "Shift-Enter", run: () => { run(); return true; } },
			{ key: "Mod-Enter", run: () => { run(); return true; } },
			{ key: "Alt-Shift-f", run: () => { format(); return true; } },
			{ key: "Escape", run: () => Boolean(running && (running.abort(), true)) },
		]),
		lineNumbers(), history(), drawSelection(), bracketMatching(), closeBrackets(), highlightActiveLine(),
		language, colours, lintGutter(), linter(lint, { delay: 350 }), hover,
		autocompletion({ override: [complete], activateOnTyping: true, maxRenderedOptions: 60 }),
		placeholder("AuditLogs | take 10"),
		keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
		EditorState.tabSize.of(4), EditorView.lineWrapping,
		EditorView.contentAttributes.of({ "aria-label": "Query", spellcheck: "false", autocorrect: "off" }),
		EditorView.updateListener.of((update) => { if (update.docChanged) box.value = update.state.doc.toString(); }),
	],
});
box.hidden = true;
box.after(view.dom);
for (const label of form.querySelectorAll(`label[for="${box.id}"]`)) label.hidden = true;

function setText(text) {
	view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
	view.focus();
}

async function format() {
	if (!ready) return;
	const text = await ask("format", { text: view.state.doc.toString() });
	if (text.trim()) setText(text.trim());
}

// ---- running ----

function address() {
	const params = new URLSearchParams(new FormData(form));
	params.set("run", "1");
	return location.pathname + "?" + params;
}

async function run() {
	if (running) running.abort();
	const call = new AbortController();
	running = call;
	remember(view.state.doc.toString());
	busy(true);
	try {
		const answer = await fetch(form.dataset.run, { method: "POST", headers: { "HX-Request": "true" }, body: new URLSearchParams(new FormData(form)), signal: call.signal });
		result.innerHTML = await answer.text();
		window.history.replaceState(null, "", address());
		result.dispatchEvent(new CustomEvent("passtrail:swapped", { bubbles: true }));
		pointAtMistake();
	} catch (error) {
		const text = error.name === "AbortError" ? "Cancelled." : "The server does not answer. Is it still running?";
		result.replaceChildren(Object.assign(document.createElement("p"), { className: "empty", textContent: text }));
	} finally {
		if (running === call) {
			running = null;
			busy(false);
		}
	}
}

function busy(on) {
	result.setAttribute("aria-busy", String(on));
	cancelButton.hidden = !on;
	runButton.disabled = on;
}

function pointAtMistake() {
	const first = result.querySelector("[data-from]");
	if (!first) return;
	const from = Math.min(Number(first.dataset.from), view.state.doc.length);
	view.dispatch({ selection: { anchor: from }, scrollIntoView: true });
	view.focus();
}

// ---- this browser's history ----

function queries() {
	try {
		return JSON.parse(localStorage.getItem(historyKey)) || [];
	} catch {
		return [];
	}
}

function remember(text) {
	if (!text.trim()) return;
	const list = [text, ...queries().filter((q) => q !== text)].slice(0, 30);
	localStorage.setItem(historyKey, JSON.stringify(list));
	showHistory();
}

function showHistory() {
	const place = document.getElementById("history");
	if (!place) return;
	const items = queries().map((text) => {
		const button = Object.assign(document.createElement("button"), { type: "button", className: "link-button", textContent: text.replace(/\s+/g, " ").slice(0, 90) });
		button.dataset.query = text;
		const item = document.createElement("li");
		item.append(button);
		return item;
	});
	place.replaceChildren(...items);
	place.closest("[data-history]").hidden = items.length === 0;
}

// ---- sorting the result ----

function sortBy(button) {
	const head = button.closest("th");
	const table = head.closest("table");
	const up = head.getAttribute("aria-sort") !== "ascending";
	for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
	head.setAttribute("aria-sort", up ? "ascending" : "descending");
	const index = head.cellIndex;
	const key = (row) => row.cells[index].dataset.sort ?? row.cells[index].textContent;
	const numeric = head.classList.contains("num");
	const compare = numeric ? (a, b) => Number(key(a)) - Number(key(b)) : (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
	const rows = [...table.tBodies[0].rows].sort(compare);
	table.tBodies[0].append(...(up ? rows : rows.reverse()));
}

document.addEventListener("click", (event) => {
	const target = event.target.closest("[data-query],[data-sort-button],[data-format],[data-from]");
	if (!target) return;
	if ("sortButton" in target.dataset) sortBy(target);
	if ("format" in target.dataset) format();
	if ("from" in target.dataset) pointAtMistake();
	if ("query" in target.dataset) {
		event.preventDefault();
		setText(target.dataset.query);
	}
});
form.addEventListener("submit", (event) => {
	if (event.submitter && event.submitter.formAction && event.submitter.hasAttribute("formaction")) return;
	event.preventDefault();
	run();
});
cancelButton.addEventListener("click", () => running?.abort());
showHistory();
