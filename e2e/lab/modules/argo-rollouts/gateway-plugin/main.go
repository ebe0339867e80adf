// A traffic router plugin for the lab's controller of Argo Rollouts, in the place of argoproj-labs/gatewayAPI, whose module could not be
// had where this was written. Our own, and no more of it than the scenarios need, by that plugin's documentation: `httpRoute`,
// `httpRoutes`, `grpcRoute`, `grpcRoutes` and `namespace`; the weights of the two Services in every rule that names them, 100 together; an
// error where a route has not both; the label of a canary that is under way.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/argoproj/argo-rollouts/rollout/trafficrouting/plugin/rpc"
	"github.com/argoproj/argo-rollouts/utils/plugin/types"
	"github.com/hashicorp/go-plugin"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	pluginName = "argoproj-labs/gatewayAPI"
	labelKey   = "rollouts.argoproj.io/gatewayapi-canary"
	labelValue = "in-progress"
)

var (
	httpRoutes = schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes"}
	grpcRoutes = schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "grpcroutes"}
)

type named struct {
	Name string `json:"name"`
}

type config struct {
	HTTPRoute  string  `json:"httpRoute"`
	HTTPRoutes []named `json:"httpRoutes"`
	GRPCRoute  string  `json:"grpcRoute"`
	GRPCRoutes []named `json:"grpcRoutes"`
	Namespace  string  `json:"namespace"`
}

type router struct {
	kubeconfig string
	client     dynamic.Interface
}

func (r *router) InitPlugin() types.RpcError {
	cluster, err := clientcmd.BuildConfigFromFlags("", r.kubeconfig)
	if err == nil {
		r.client, err = dynamic.NewForConfig(cluster)
	}
	return said(err)
}

func (r *router) SetWeight(rollout *v1alpha1.Rollout, weight int32, _ []v1alpha1.WeightDestination) types.RpcError {
	canary := rollout.Spec.Strategy.Canary
	wanted := config{Namespace: rollout.Namespace}
	if err := json.Unmarshal(canary.TrafficRouting.Plugins[pluginName], &wanted); err != nil {
		return said(err)
	}
	set := func(route *unstructured.Unstructured) error {
		weights := map[string]int64{canary.StableService: int64(100 - weight), canary.CanaryService: int64(weight)}
		if err := setWeights(route, weights); err != nil {
			return err
		}
		mark(route, weight != 0)
		return nil
	}
	for resource, names := range map[schema.GroupVersionResource][]named{
		httpRoutes: append(wanted.HTTPRoutes, named{wanted.HTTPRoute}),
		grpcRoutes: append(wanted.GRPCRoutes, named{wanted.GRPCRoute}),
	} {
		for _, each := range names {
			if each.Name == "" {
				continue
			}
			if err := r.update(resource, wanted.Namespace, each.Name, set); err != nil {
				return said(err)
			}
		}
	}
	return types.RpcError{}
}

type change func(*unstructured.Unstructured) error

func (r *router) update(of schema.GroupVersionResource, namespace, name string, set change) error {
	ctx := context.Background()
	route, err := r.client.Resource(of).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := set(route); err != nil {
		return fmt.Errorf("%s %s: %w", of.Resource, name, err)
	}
	_, err = r.client.Resource(of).Namespace(namespace).Update(ctx, route, metav1.UpdateOptions{})
	return err
}

func setWeights(route *unstructured.Unstructured, weights map[string]int64) error {
	rules, _, err := unstructured.NestedSlice(route.Object, "spec", "rules")
	if err != nil {
		return err
	}
	found := map[string]bool{}
	for _, rule := range rules {
		refs, _ := rule.(map[string]any)["backendRefs"].([]any)
		for _, each := range refs {
			ref := each.(map[string]any)
			name, _ := ref["name"].(string)
			if weight, ok := weights[name]; ok {
				ref["weight"] = weight
				found[name] = true
			}
		}
	}
	for name := range weights {
		if !found[name] {
			return fmt.Errorf("backendRef %s was not found", name)
		}
	}
	return unstructured.SetNestedSlice(route.Object, rules, "spec", "rules")
}

func mark(route *unstructured.Unstructured, isUnderWay bool) {
	labels := route.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	delete(labels, labelKey)
	if isUnderWay {
		labels[labelKey] = labelValue
	}
	route.SetLabels(labels)
}

func (r *router) UpdateHash(*v1alpha1.Rollout, string, string, []v1alpha1.WeightDestination) types.RpcError {
	return types.RpcError{}
}

func (r *router) SetHeaderRoute(*v1alpha1.Rollout, *v1alpha1.SetHeaderRoute) types.RpcError {
	return types.RpcError{}
}

func (r *router) SetMirrorRoute(*v1alpha1.Rollout, *v1alpha1.SetMirrorRoute) types.RpcError {
	return types.RpcError{}
}

func (r *router) VerifyWeight(*v1alpha1.Rollout, int32, []v1alpha1.WeightDestination) (types.RpcVerified, types.RpcError) {
	return types.NotImplemented, types.RpcError{}
}

func (r *router) RemoveManagedRoutes(*v1alpha1.Rollout) types.RpcError {
	return types.RpcError{}
}

func (r *router) Type() string {
	return "GatewayAPI"
}

func said(err error) types.RpcError {
	if err == nil {
		return types.RpcError{}
	}
	log.Print(err)
	return types.RpcError{ErrorString: err.Error()}
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "the way to the cluster")
	flag.Parse()
	plugin.Serve(&plugin.ServeConfig{
		// as the controller greets (argo-rollouts, rollout/trafficrouting/plugin/client)
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion:  1,
			MagicCookieKey:   "ARGO_ROLLOUTS_RPC_PLUGIN",
			MagicCookieValue: "trafficrouter",
		},
		Plugins: map[string]plugin.Plugin{
			"RpcTrafficRouterPlugin": &rpc.RpcTrafficRouterPlugin{Impl: &router{kubeconfig: *kubeconfig}},
		},
	})
}
