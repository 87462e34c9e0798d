package ast

import "reflect"

// Walk calls visit for n and then, when visit returned true, for what is below it, in the order of the text as far as
// the fields are in that order. A nil node is not visited.
func Walk(n Node, visit func(Node) bool) {
	if isNil(n) || !visit(n) {
		return
	}
	for _, c := range Children(n) {
		Walk(c, visit)
	}
}

// Children lists the nodes directly below n, without the nil ones.
func Children(n Node) []Node {
	var k kids
	switch n := n.(type) {
	case *Query:
		k = add(k, n.Statements...)
	case Statement:
		k = statementChildren(k, n)
	case Operator:
		k = operatorChildren(k, n)
	case Expr:
		k = exprChildren(k, n)
	case Source:
		k = sourceChildren(k, n)
	default:
		k = partChildren(k, n)
	}
	return k
}

type kids []Node

// add appends the nodes that are not nil.
func add[T Node](k kids, nodes ...T) kids {
	for _, n := range nodes {
		if !isNil(n) {
			k = append(k, n)
		}
	}
	return k
}

// isNil reports whether n is nil or holds a nil pointer, as an optional field of a pointer type does.
func isNil(n Node) bool {
	if n == nil {
		return true
	}
	v := reflect.ValueOf(n)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

func statementChildren(k kids, n Statement) kids {
	switch n := n.(type) {
	case *Let:
		k = add(add(k, n.Name), n.Value)
	case *Set:
		k = add(add(k, n.Name), n.Value)
	case *QueryParameters:
		k = add(k, n.Params...)
	case *Expression:
		k = add(k, n.Pipeline)
	}
	return k
}

func sourceChildren(k kids, n Source) kids {
	switch n := n.(type) {
	case *Datatable:
		k = add(add(k, n.Schema), n.Values...)
	case *ExternalData:
		k = add(add(add(k, n.Schema), n.URIs...), n.Props...)
	case *Print:
		k = add(k, n.Columns...)
	case *Range:
		k = add(add(k, n.Column), n.From, n.To, n.Step)
	case *Find:
		k = add(add(add(add(k, n.WithSource), n.Hints...), n.Tables...), n.Predicate)
		k = add(add(k, n.Project...), n.ProjectAway...)
	}
	return k
}

func exprChildren(k kids, n Expr) kids {
	switch n := n.(type) {
	case *Pipeline:
		k = add(add(k, n.Source), n.Operators...)
	case *Path:
		k = add(k, n.X, n.Name)
	case *Index:
		k = add(k, n.X, n.Index)
	case *Call:
		k = add(add(add(k, n.Receiver), n.Name), n.Args...)
	case *Unary:
		k = add(k, n.X)
	case *Binary:
		k = add(k, n.L, n.R)
	case *List:
		k = add(k, n.Items...)
	case *Interval:
		k = add(k, n.Low, n.High)
	case *Paren:
		k = add(k, n.X)
	case *Named:
		k = add(add(k, n.Names...), n.X)
	case *TypeOf:
		k = add(add(k, n.Type), n.Schema)
	case *Function:
		k = add(add(add(k, n.Params...), n.Statements...), n.Result)
	case *Dynamic:
		k = add(k, n.Value)
	case *Array:
		k = add(k, n.Items...)
	case *Bag:
		for _, e := range n.Entries {
			k = add(add(k, e.Key), e.Value)
		}
	}
	return k
}

func partChildren(k kids, n Node) kids {
	switch n := n.(type) {
	case *Param:
		k = add(add(add(add(k, n.Name), n.Type), n.Schema), n.Default)
	case *Schema:
		k = add(k, n.Columns...)
	case *Column:
		k = add(add(add(k, n.Name), n.Type), n.Default)
	case *Property:
		k = add(add(k, n.Name), n.Value)
	case *SortKey:
		k = add(k, n.X)
	case *TopNestedLevel:
		k = add(add(k, n.Count, n.Of, n.Others), n.By)
	case *ExpandColumn:
		k = add(add(k, n.X), n.To)
	case *MakeSeriesAggregate:
		k = add(k, n.X, n.Default)
	case *ScanStep:
		k = add(add(add(k, n.Name), n.Condition), n.Assignments...)
	case *ForkBranch:
		k = add(add(k, n.Name), n.Body)
	}
	return k
}

func operatorChildren(k kids, n Operator) kids {
	switch n := n.(type) {
	case *Where:
		return add(add(k, n.Hints...), n.Predicate)
	case *Project:
		return add(k, n.Columns...)
	case *ProjectAway:
		return add(k, n.Columns...)
	case *ProjectKeep:
		return add(k, n.Columns...)
	case *ProjectByNames:
		return add(k, n.Columns...)
	case *ProjectRename:
		return add(k, n.Columns...)
	case *ProjectReorder:
		return add(k, n.Columns...)
	case *Extend:
		return add(k, n.Columns...)
	case *Summarize:
		return add(add(add(k, n.Hints...), n.Aggregates...), n.By...)
	case *Distinct:
		return add(add(k, n.Hints...), n.Columns...)
	case *Sort:
		return add(add(k, n.Hints...), n.Keys...)
	case *Top:
		return add(add(add(k, n.Hints...), n.Count), n.Key)
	case *TopNested:
		return add(k, n.Levels...)
	case *TopHitters:
		return add(k, n.Count, n.Of, n.By)
	case *Take:
		return add(add(k, n.Hints...), n.Count)
	case *Sample:
		return add(k, n.Count)
	case *SampleDistinct:
		return add(add(k, n.Hints...), n.Count, n.Of)
	case *Count:
		return add(k, n.As)
	case *Serialize:
		return add(add(k, n.Hints...), n.Columns...)
	default:
		return moreOperatorChildren(k, n)
	}
}

func moreOperatorChildren(k kids, n Operator) kids {
	switch n := n.(type) {
	case *Join:
		k = add(add(add(add(k, n.Hints...), n.Right), n.On...), n.Where)
	case *Lookup:
		k = add(add(add(k, n.Hints...), n.Right), n.On...)
	case *Union:
		k = add(add(add(k, n.WithSource), n.Hints...), n.Tables...)
	case *MvExpand:
		k = add(add(add(add(k, n.ItemIndex), n.Hints...), n.Columns...), n.Limit)
	case *MvApply:
		k = add(add(add(add(k, n.ItemIndex), n.Hints...), n.Columns...), n.Limit)
		k = add(add(k, n.ContextID), n.Body)
	case *Parse:
		k = add(add(add(k, n.Hints...), n.X), n.Pattern...)
	case *ParseKV:
		k = add(add(add(add(k, n.Hints...), n.X), n.Columns), n.Props...)
	case *MakeSeries:
		k = add(add(add(k, n.Hints...), n.Aggregates...), n.On, n.From, n.To, n.Step)
		k = add(k, n.By...)
	case *Scan:
		k = add(add(add(k, n.Hints...), n.MatchID), n.OrderBy...)
		k = add(add(add(k, n.PartitionBy...), n.Declare...), n.Steps...)
	case *Partition:
		k = add(add(add(k, n.Hints...), n.By), n.Body)
	case *Fork:
		k = add(k, n.Branches...)
	case *Facet:
		k = add(add(k, n.By...), n.With)
	case *As:
		k = add(add(k, n.Hints...), n.Name)
	case *Search:
		k = add(add(add(k, n.Hints...), n.Tables...), n.Predicate)
	case *Evaluate:
		k = add(add(add(k, n.Hints...), n.Call), n.Schema)
	case *Render:
		k = add(add(k, n.Chart), n.Props...)
	case *Consume:
		k = add(k, n.Hints...)
	case *Invoke:
		k = add(k, n.Call)
	case *Reduce:
		k = add(add(add(k, n.Hints...), n.By), n.Props...)
	}
	return k
}
