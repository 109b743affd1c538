package build_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"sallyport"
	"sallyport/build"
	"sallyport/config"
	"sallyport/stage/limit"
)

const flowing = "    public: [getItem]\n" + identified + "    flows:\n"

func TestFlowMistakes(t *testing.T) {
	for _, c := range []struct{ name, flows, says string }{
		{"an_operation_that_is_not_there", "      a: {on: addItm, at_most: 1/1h}", `10:15: no operation of the document fits "addItm" (did you mean addItem?)`},
		{"after_one_that_is_not_there", "      a: {on: addItem, after: [listItems, getItm]}", `10:43: no operation of the document fits "getItm" (did you mean getItem?)`},
		{"after_itself", "      a: {on: addItem, after: addItem}", `10:31: in the flow "a" addItem comes after itself: nobody could ever call it (name what comes before it, or take it out of on)`},
		{"after_itself_by_a_pattern", `      a: {on: "*", after: getItem}`, `10:27: in the flow "a" getItem comes after itself`},
		{"in_a_circle", "      a: {on: addItem, after: getItem}\n      b: {on: getItem, after: listItems}\n      c: {on: listItems, after: addItem}", `10:31: in the flow "a" addItem comes after getItem, and by way of it after itself: nobody could ever call it (let one of them come first)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := made(api(flowing+c.flows+"\n"), map[string]string{"shop.yaml": shop})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("it says %v", err)
			}
		})
	}
	t.Run("what_comes_after_a_circle_is_not_told_of", func(t *testing.T) {
		_, err := made(api(flowing+"      a: {on: getItem, after: getItem}\n      b: {on: addItem, after: getItem}\n"), map[string]string{"shop.yaml": shop})
		if err == nil || strings.Count(err.Error(), "nobody could ever call") != 1 {
			t.Errorf("it says %v", err)
		}
	})
	t.Run("a_way_round_is_no_circle", func(t *testing.T) {
		mustMake(t, api(flowing+"      a: {on: addItem, after: [addItem, getItem]}\n      b: {on: getItem, after: listItems}\n"), map[string]string{"shop.yaml": shop})
	})
}

// TestFlowPlaces: a flow is asked where limits are, and opened behind all that
// judges an answer.
func TestFlowPlaces(t *testing.T) {
	result := mustMake(t, api(flowing+"      buy: {on: 'add*', after: getItem, within: 30m, not_before: 2s, at_most: 10/1d}\n    observe: [limit]\n"), map[string]string{"shop.yaml": shop})
	for _, op := range result.Plan.Operations {
		limits, filters := op.Steps(sallyport.Limit), op.Steps(sallyport.Filter)
		switch op.ID {
		case "addItem":
			want := "flow buy: only after getItem by the same caller, within 30m and not before 2s; at most 10 times in 1d by one caller"
			if len(limits) != 1 || limits[0].Name != "flow:buy" || limits[0].Mode != sallyport.Observe || limits[0].Controls[0].Says != want {
				t.Errorf("%s: %+v", op.ID, limits)
			}
		case "getItem":
			last := filters[len(filters)-1]
			if last.Name != "flow:buy" || last.Controls[0].Says != "flow buy: a success opens add*" || len(limits) != 0 {
				t.Errorf("%s: %+v", op.ID, filters)
			}
		default:
			if len(limits) != 0 || filters[len(filters)-1].Name == "flow:buy" {
				t.Errorf("%s is in the flow", op.ID)
			}
		}
	}
}

// TestFlowsLast: the next plan remembers what this one knows.
func TestFlowsLast(t *testing.T) {
	env := sallyport.NewEnv(slog.New(slog.DiscardHandler), 1<<20)
	var before *sallyport.Placed
	for range 2 {
		c, err := config.Parse("sallyport.yaml", []byte(api(flowing+"      buy: {on: addItem, at_most: 10/1d}\n")))
		if err != nil {
			t.Fatal(err)
		}
		result, err := build.Build(context.Background(), env, c, build.Options{Documents: map[string][]byte{"shop.yaml": []byte(shop)}})
		if err != nil {
			t.Fatal(err)
		}
		env.Keep(result.Lasting)
		for _, op := range result.Plan.Operations {
			if op.ID != "addItem" {
				continue
			}
			placed := op.Steps(sallyport.Limit)[0]
			if before != nil && before.Step.(*limit.Flow).Passages != placed.Step.(*limit.Flow).Passages {
				t.Error("what callers have done is forgotten")
			}
			before = &placed
		}
	}
}
