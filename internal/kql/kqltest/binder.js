// Reads lines {"tables":[{"name","columns":[{"name","type"}]}],"query"} and writes for each a line with the columns that
// Microsoft's binder predicts for the last table of the query, and its errors. The one argument is the package's folder.
const path = require("path");
const readline = require("readline");
const dir = path.resolve(process.argv.at(-1));
require(path.join(dir, "bridge.min.js"));
require(path.join(dir, "Kusto.Language.Bridge.min.js"));
const K = Kusto.Language, S = K.Symbols;

const scalar = {
  bool: "Bool", datetime: "DateTime", decimal: "Decimal", dynamic: "Dynamic", guid: "Guid", int: "Int", long: "Long", real: "Real",
  string: "String", timespan: "TimeSpan",
};
const list = (of) => Array.from({ length: of ? System.Array.getCount(of) : 0 }, (_, i) => System.Array.getItem(of, i));
const column = (c) => new S.ColumnSymbol(c.name, S.ScalarTypes[scalar[c.type]], null);
const table = (t) => new S.TableSymbol.$ctor6(t.name, t.columns.map(column), null);
const globals = (tables) => K.GlobalState.Default.WithDatabase(new S.DatabaseSymbol.ctor("Passtrail", tables.map(table)));

const state = new Map();
function predict(q) {
  const key = JSON.stringify(q.tables);
  if (!state.has(key)) state.set(key, globals(q.tables));
  const code = K.KustoCode.ParseAndAnalyze(q.query, state.get(key));
  const errors = list(code.GetDiagnostics()).filter((d) => d.Severity === "Error").map((d) => d.Code + " " + d.Message);
  const type = code.ResultType;
  const columns = list(type && type.Columns).map((c) => ({ name: c.Name, type: c.Type.Name }));
  return { columns, errors, open: !!(type && type.IsOpen) };
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  let out;
  try {
    out = predict(JSON.parse(line));
  } catch (e) {
    out = { failure: String(e) };
  }
  process.stdout.write(JSON.stringify(out) + "\n");
});
