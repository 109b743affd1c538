package rule

import (
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
)

// Sizes that values are taken to have when the cost of a rule is estimated, and
// what a rule may cost. A unit is about the time of one comparison.
const (
	longText  = 4 << 10
	longList  = 1000
	cheap     = 10_000    // needs no counting while it runs
	expensive = 2_000_000 // is a mistake, and the end of a rule that runs
)

// bounded is how a rule is kept from taking long: one that is surely cheap runs
// as it is, one that may not be is counted, and one that is about to be taken for
// an attack on ourselves is a mistake.
func bounded(env *cel.Env, checked *cel.Ast) ([]cel.ProgramOption, *Mistake) {
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	estimate, err := env.EstimateCost(checked, sizes{})
	switch {
	case err != nil:
		return nil, &Mistake{Message: err.Error()}
	case estimate.Max > expensive:
		return nil, &Mistake{
			Message: fmt.Sprintf("the rule could take too long: lists of %d items alone would cost it more than %d steps", longList, expensive),
			Remedy:  "ask for fewer combinations of items",
		}
	case estimate.Max > cheap:
		options = append(options, cel.CostLimit(expensive))
	}
	return options, nil
}

// sizes implements cost.Estimator.
type sizes struct{}

func (sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	switch n.Type().Kind() {
	case cel.ListKind, cel.MapKind:
		return &cost.SizeEstimate{Max: longList}
	}
	return &cost.SizeEstimate{Max: longText}
}

func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}
