package builtin

import "strings"

// windowFunctions look at neighbouring rows; the SQL generator makes them.
var windowFunctions = table(Window, "Window functions",
	def{Sig: "row_number(start:long?, restart:bool?) long", NotNull: true, Help: "Number of the row, from 1 or the start; begins again where restart is true.", Example: "row_number()"},
	def{Sig: "row_cumsum(term:number, restart:bool?) =0", Help: "Sum of the term over the rows so far.", Example: "row_cumsum(x)"},
	def{Sig: "row_cumsum(term:timespan, restart:bool?) =0", Help: "Sum of the term over the rows so far.", Example: "row_cumsum(x)"},
	def{Sig: "row_rank_dense(term:ordered, restart:bool?) long", NotNull: true, Help: "Rank of the row, one more at each change of the term.", Example: "row_rank_dense(x)"},
	def{Sig: "row_rank_min(term:ordered, restart:bool?) long", NotNull: true, Help: "Rank of the row, equal rows having that of the first of them.", Example: "row_rank_min(x)"},
	def{Sig: "row_rank(term:ordered, dense:const bool?) long", Instead: "row_rank_dense", NotNull: true, Help: "The old row_rank_dense.", Example: "row_rank(x)"},
	def{Sig: "row_window_session(expr:datetime, maxDistanceFromFirst:timespan, maxDistanceBetweenNeighbors:timespan, restart:bool?) datetime", Help: "Start of the session that the row belongs to.", Example: "row_window_session(TimeGenerated, 1h, 5m)"},
	def{Sig: "prev(column:any, offset:const long?, default:any?) =0", Help: "The column's value so many rows before.", Example: "prev(x)"},
	def{Sig: "next(column:any, offset:const long?, default:any?) =0", Help: "The column's value so many rows after.", Example: "next(x)"},
)

// plugins stand after evaluate.
var plugins = append(table(Plugin, "Plugins",
	def{Sig: "bag_unpack(column:dynamic, prefix:const string?, collision:const string?, ignored:dynamic?)", Help: "A column for each key of a bag.", Example: "T | evaluate bag_unpack(d)"},
	def{Sig: "pivot(column:any, aggregate:any?, output:any?...)", Help: "A column for each value.", Example: "T | evaluate pivot(Result)"},
	def{Sig: "ipv4_lookup(lookupTable:any, source:string, network:string, extraKey:any?...)", Help: "The rows whose address lies in a network of a table, with the columns of that table; a last argument true keeps the others.", Example: "T | evaluate ipv4_lookup(Networks, IPAddress, Network)"},
	def{Sig: "ipv6_lookup(lookupTable:any, source:string, network:string, extraKey:any?...)", Help: "The rows whose IPv6 address lies in a network of a table, with the columns of that table; a last argument true keeps the others.", Example: "T | evaluate ipv6_lookup(Networks, IPAddress, Network)"},
	def{Sig: "narrow()", Help: "A row for each cell: Row, Column, Value.", Example: "T | evaluate narrow()"},
	def{Sig: "rows_near(condition:bool, rows:long, rowsAfter:long?)", Help: "The rows that stand near one that fulfils the condition.", Example: "T | sort by TimeGenerated asc | evaluate rows_near(Result == \"failure\", 2)"},
	def{Sig: "sequence_detect(timeline:any, maxStep:any, maxSpan:any, step:bool, dimension:any?...)", Help: "The times of conditions that were fulfilled one after the other, each step named.", Example: "T | evaluate sequence_detect(TimeGenerated, 10m, 1h, begun = Step == 1, done = Step == 2, User)",
		Dev: "every combination of rows that fits is shown, rows of the same instant among them."},
	def{Sig: "preview(rows:long)", Help: "Two tables: the first rows, and the number of rows.", Example: "T | evaluate preview(5)"},
	def{Sig: "identity()", Help: "The rows as they are.", Example: "T | evaluate identity()"},
	def{Sig: "activity_counts_metrics(id:any, timeline:any, start:any, end:any, window:any, dimension:any?...)", Help: "For each window the rows, those who were there, those who came for the first time, and all so far.", Example: "T | evaluate activity_counts_metrics(User, TimeGenerated, ago(30d), now(), 1d)"},
	def{Sig: "activity_metrics(id:any, timeline:any, start:any?, end:any?, window:any, dimension:any?...)", Help: "For each window those who were there, those who were not in the one before, and the rates of staying and leaving.", Example: "T | evaluate activity_metrics(User, TimeGenerated, ago(30d), now(), 7d)"},
	def{Sig: "new_activity_metrics(id:any, timeline:any, start:any, end:any, window:any, cohort:any?, dimension:any?...)", Help: "How many of those who came in one window were there in each later one.", Example: "T | evaluate new_activity_metrics(User, TimeGenerated, ago(30d), now(), 7d)", Dev: "a table of people to look back at is refused."},
	def{Sig: "activity_engagement(id:any, timeline:any, start:any, end:any, inner:any, outer:any, dimension:any?...)", Help: "For each inner window how many of those of the outer window were there.", Example: "T | evaluate activity_engagement(User, TimeGenerated, ago(30d), now(), 1d, 7d)"},
	def{Sig: "active_users_count(id:any, timeline:any, start:any, end:any, lookback:any, period:any, periods:long, bin:any, dimension:any?...)", Help: "For each bin those who were there in so many periods of the time before.", Example: "T | evaluate active_users_count(User, TimeGenerated, ago(30d), now(), 8d, 1d, 3, 7d)"},
	def{Sig: "session_count(id:any, timeline:any, start:any, end:any, bin:any, lookback:any, dimension:any?...)", Help: "For each bin the sessions that begin in it: someone comes after longer than the time to look back.", Example: "T | evaluate session_count(User, TimeGenerated, ago(1d), now(), 1h, 30m)"},
	def{Sig: "sliding_window_counts(id:any, timeline:any, start:any, end:any, lookback:any, bin:any, dimension:any?...)", Help: "For each bin the rows and the people of the time up to it.", Example: "T | evaluate sliding_window_counts(User, TimeGenerated, ago(30d), now(), 7d, 1d)"},
	def{Sig: "rolling_percentile(value:any, percentile:number, timeline:any, bin:any, bins:long, dimension:any?...)", Help: "For each bin the percentile of the values of so many bins up to it.", Example: "T | evaluate rolling_percentile(DurationMs, 50, TimeGenerated, 1d, 3)"},
), refuse(Plugin, "Plugins", map[string]string{
	"machine learning plugins are not available here":         "autocluster basket diffpatterns diffpatterns_text",
	"its exact rules are not published; write it with scan":   "funnel_sequence funnel_sequence_completion",
	"sketches are intersected by their unions: use hll_merge": "dcount_intersect",
	"queries may not leave this service": "http_request http_request_post sql_request mysql_request postgresql_request cosmosdb_sql_request dax_request azure_digital_twins_query_request " +
		"ai_embed_text ai_embeddings ai_chat_completion ai_chat_completion_prompt execute_query execute_show_command external_datatable infer_storage_schema infer_storage_schema_with_suggestions",
	"scripts are not run here":          "csharp python r",
	"it is not part of this engine yet": "schema_merge identity_v3 estimate_rows_count",
})...)

// refusedFunctions are known and not supported, so that the message can say so.
var refusedFunctions = append(refuse(Scalar, "Not supported", map[string]string{
	"geospatial functions are not supported": "geo_angle geo_azimuth geo_closest_point_on_line geo_closest_point_on_polygon geo_distance_2points geo_distance_point_to_line geo_distance_point_to_polygon " +
		"geo_from_wkt geo_geohash_neighbors geo_geohash_to_central_point geo_geohash_to_polygon geo_h3cell_children geo_h3cell_level geo_h3cell_neighbors geo_h3cell_parent geo_h3cell_rings geo_h3cell_to_central_point geo_h3cell_to_polygon " +
		"geo_intersection_2lines geo_intersection_2polygons geo_intersection_line_with_polygon geo_intersects_2lines geo_intersects_2polygons geo_intersects_line_with_polygon geo_line_buffer geo_line_centroid geo_line_densify " +
		"geo_line_interpolate_point geo_line_length geo_line_locate_point geo_line_simplify geo_line_to_s2cells geo_point_buffer geo_point_in_circle geo_point_in_polygon geo_point_to_geohash geo_point_to_h3cell geo_point_to_s2cell " +
		"geo_polygon_area geo_polygon_buffer geo_polygon_centroid geo_polygon_densify geo_polygon_perimeter geo_polygon_simplify geo_polygon_to_h3cells geo_polygon_to_s2cells geo_s2cell_neighbors geo_s2cell_to_central_point geo_s2cell_to_polygon " +
		"geo_simplify_polygons_array geo_union_lines_array geo_union_polygons_array",
	"there is one database and one service here; write the table's name alone": "cluster database workspace app adx external_table materialized_view stored_query_result entity_group",
	"watchlists are not available here; use a datatable":                       "_GetWatchlist _GetWatchlistAlias",
	"database cursors are not available here":                                  "cursor_after cursor_before_or_at cursor_current current_cursor",
	"it stands in project-by-names only":                                       "column_names_of",
	"works in graph queries, which are not supported":                          "all map inner_nodes node_degree_in node_degree_out node_id labels graph",
	"it is not part of this engine":                                            "row_id rowstore_ordinal_range current_node_id",
}), refuse(Aggregate, "Not supported", map[string]string{"it is not part of this engine": "hll_normalize"})...)

// refuse makes rows that say why a name is not supported.
func refuse(kind Kind, category string, why map[string]string) []def {
	var defs []def
	for reason, names := range why {
		for _, name := range strings.Fields(names) {
			defs = append(defs, def{Sig: name + "(argument:any?...) dynamic", Refused: reason, Help: "Not supported: " + reason + ".", Example: name + "()"})
		}
	}
	return table(kind, category, defs...)
}
